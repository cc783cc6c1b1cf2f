# syntax=docker/dockerfile:1

# The gateway with its embedded model, on the CPU:
#
#   docker build -t darkroom .
#   docker run --rm -p 127.0.0.1:4000:4000 -v darkroom-data:/data darkroom
#
# Another command of the same program: docker run --rm darkroom doctor

# ── Build: every package, the compiler's output, then only what runs ─────────────────────────────────────────────────
FROM node:20-bookworm-slim AS build
WORKDIR /app
# The install script of onnxruntime-node would download CUDA libraries; the CPU provider needs none of them.
ENV ONNXRUNTIME_NODE_INSTALL=skip

# Packages first: this layer stays cached until the lock file changes.
COPY package.json package-lock.json .npmrc ./
RUN npm ci --no-audit --no-fund

COPY tsconfig.json tsconfig.build.json ./
COPY scripts scripts
COPY src src
COPY plugins plugins
COPY examples examples
COPY web web
RUN npm run build

# onnxruntime-node ships every platform's library (290 MB); this image runs on one of them.
RUN npm prune --omit=dev --no-audit --no-fund \
  && arch="$(node --print process.arch)" \
  && for folder in node_modules/onnxruntime-node/bin/napi-v*/*/*; do \
       case "$folder" in */linux/"$arch") ;; *) rm -rf "$folder" ;; esac; \
     done \
  && node --eval "require('onnxruntime-node'); require('sharp'); require('libsql')"

# ── Run ──────────────────────────────────────────────────────────────────────────────────────────────────────────────
FROM node:20-bookworm-slim AS run
# tini is PID 1: it passes signals on and reaps plugin hosts whose parent died before them.
RUN apt-get update \
  && apt-get install -y --no-install-recommends tini \
  && rm -rf /var/lib/apt/lists/*

WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
# What configurations name: each folder's package.json leads into dist.
COPY plugins plugins
COPY schema schema
COPY models models
COPY LICENSE ./
RUN ln -s /app/dist/src/cli/main.js /usr/local/bin/darkroom \
  && install -d -o node -g node /data

ENV NODE_ENV=production
USER node
# The database file and the pictures.
WORKDIR /data
VOLUME /data
EXPOSE 4000

HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=3 \
  CMD ["node", "--eval", "fetch('http://127.0.0.1:4000/health').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]

# SIGTERM: no new work is taken, what runs is finished or handed back, then the process ends.
STOPSIGNAL SIGTERM
ENTRYPOINT ["tini", "--", "darkroom"]
# Inside the container, all addresses: the port that `docker run -p` opens decides who gets in.
CMD ["serve", "--host", "0.0.0.0", "--port", "4000"]

/** How the studio is built (`npm run build`, into dist/web) and served while one works on it (`npm run dev:web`). */
import { fileURLToPath } from 'node:url';

import { defineConfig } from 'vite';

const gateway = process.env.DARKROOM_URL ?? 'http://127.0.0.1:4000';

export default defineConfig({
  root: import.meta.dirname,
  resolve: {
    alias: { 'darkroom/client': fileURLToPath(new URL('../src/client/index.ts', import.meta.url)) },
  },
  build: {
    target: 'es2022',
    // A picture inside of a style would be refused by nobody and cached by nobody.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: {
      onwarn(warning, warn) {
        // React's marks for servers, in packages that work without them.
        if (warning.code !== 'MODULE_LEVEL_DIRECTIVE') warn(warning);
      },
      output: {
        // What changes seldom keeps its address over releases of the studio.
        manualChunks: (id) =>
          /node_modules\/(react|react-dom|scheduler|@tanstack|wouter|regexparam)\//.test(id) ? 'vendor' : undefined,
      },
    },
  },
  server: {
    port: 5173,
    proxy: Object.fromEntries(
      ['/graphql', '/uploads', '/images', '/tasks', '/health'].map((path) => [path, { target: gateway, ws: true }]),
    ),
  },
});

/** How the studio is built (`npm run build`, into dist/web) and served while one works on it (`npm run dev:web`). */
import { fileURLToPath } from 'node:url';

import { defineConfig } from 'vite';

const sourceOf = (path) => fileURLToPath(new URL(`../src/${path}`, import.meta.url));
const gateway = process.env.DARKROOM_URL ?? 'http://127.0.0.1:4000';

export default defineConfig({
  root: import.meta.dirname,
  resolve: {
    alias: Object.fromEntries(['client', 'element'].map((name) => [`darkroom/${name}`, sourceOf(`${name}/index.ts`)])),
  },
  build: {
    target: 'es2022',
    // A picture inside of a style would be refused by nobody and cached by nobody.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: {
      input: {
        index: `${import.meta.dirname}/index.html`,
        'darkroom-image': `${import.meta.dirname}/darkroom-image.ts`,
      },
      onwarn(warning, warn) {
        // React's marks for servers, in packages that work without them.
        if (warning.code !== 'MODULE_LEVEL_DIRECTIVE') warn(warning);
      },
      output: {
        // Pages of others name the element's file: it keeps its address.
        entryFileNames: ({ name }) => (name === 'darkroom-image' ? '[name].js' : 'assets/[name]-[hash].js'),
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

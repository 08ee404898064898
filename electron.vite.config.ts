import { resolve } from 'node:path'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'electron-vite'
import { hashEngine } from './src/main/platform/engine-build.ts'
import { CALLS } from './src/shared/ipc/calls.ts'

const root = import.meta.dirname

/** Three builds: the desk itself (Node and Electron), the sandboxed preload bridge, and the renderer both desks serve. */
export default defineConfig({
  main: {
    define: { __ENGINE_BUILD__: JSON.stringify(hashEngine(root)) },
    build: {
      outDir: resolve(root, 'out/main'),
      target: 'node24',
      minify: false,
      sourcemap: true,
      rolldownOptions: {
        input: {
          desktop: resolve(root, 'src/main/desktop.ts'),
          cli: resolve(root, 'src/main/cli.ts'),
          'strategy-worker': resolve(root, 'src/main/strategy-host/worker.ts'),
          'replay-worker': resolve(root, 'src/main/replay/worker.ts'),
          'tape-writer': resolve(root, 'src/main/tape/writer-thread.ts'),
          'journal-worker': resolve(root, 'src/main/db/journal-thread.ts'),
          'books-worker': resolve(root, 'src/main/attribution/worker.ts'),
        },
        output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' },
      },
    },
  },
  preload: {
    define: { __DESK_CALLS__: JSON.stringify(Object.keys(CALLS)) },
    build: {
      outDir: resolve(root, 'out/preload'),
      minify: false,
      // A sandboxed preload has no require but for electron's own: everything else must be inside, as CommonJS.
      externalizeDeps: false,
      rolldownOptions: {
        input: { index: resolve(root, 'src/preload/index.ts') },
        output: { format: 'cjs', entryFileNames: '[name].cjs' },
      },
    },
  },
  renderer: {
    root: resolve(root, 'src/renderer'),
    base: './',
    plugins: [react()],
    worker: { format: 'es' },
    build: {
      outDir: resolve(root, 'out/renderer'),
      target: 'chrome140',
      minify: true,
      // The preload polyfill and data: URLs would need a looser content security policy.
      modulePreload: { polyfill: false },
      assetsInlineLimit: 0,
      chunkSizeWarningLimit: 8_000,
      rolldownOptions: { input: { index: resolve(root, 'src/renderer/index.html') } },
    },
  },
})

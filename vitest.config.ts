import { defineConfig } from 'vitest/config'

export default defineConfig({
  resolve: { alias: { baton: new URL('./src/engine/strategy-api/baton.ts', import.meta.url).pathname } },
  test: {
    include: ['test/**/*.test.ts'],
    // Real SQLite, sockets, threads and a browser: a process a file, and room for a busy machine. In real time half a minute
    // may pass before a window lets anything be entered.
    pool: 'forks',
    maxWorkers: 2,
    // No test may hang for longer than minutes: the long forms of some take several.
    testTimeout: process.env.BATON_FULL === '1' ? 900_000 : 290_000,
    hookTimeout: 290_000,
    reporters: ['default', ['json', { outputFile: 'test-results/vitest.json' }]],
  },
})

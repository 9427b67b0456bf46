import { defineConfig } from 'vitest/config';

// Integration tests share real servers, so their files run one after the other. FILES_AT_ONCE is for files that
// have servers of their own.
export default defineConfig({
  test: {
    projects: [
      { test: { name: 'unit', include: ['src/**/*.test.ts'], testTimeout: 20_000 } },
      {
        test: {
          name: 'integration',
          include: ['test/**/*.test.ts'],
          maxWorkers: Number(process.env['FILES_AT_ONCE'] ?? 1),
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});

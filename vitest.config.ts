// Two groups of tests: rooms, in parallel; then the whole node in child processes, one file after the other, since
// those tests load the machine and would slow each other down.

import { defineConfig } from 'vitest/config';

/** How long what is awaited may take on two busy cores. What never comes is a failure later, not another one. */
const PATIENCE = { testTimeout: 30_000, hookTimeout: 30_000, expect: { poll: { timeout: 10_000 } } };

export default defineConfig({
  test: {
    projects: [
      { test: { ...PATIENCE, name: 'rooms', include: ['test/**/*.test.ts'], exclude: ['test/system/**'] } },
      {
        test: {
          ...PATIENCE,
          name: 'system',
          include: ['test/system/**/*.test.ts'],
          fileParallelism: false,
          sequence: { groupOrder: 1 },
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});

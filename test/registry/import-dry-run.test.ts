// A dry run over several calls foresees what the import itself would do, and changes nothing.

import { describe, expect, test } from 'vitest';
import { dryRunTarget } from '../../src/registry/import-dry-run.ts';
import type { ImportResult, ImportTarget } from '../../src/registry/import-loop.ts';

const MISSING = 'does not exist';

/** A node in a dry run: knows `stored`, and within one call what comes earlier in it. */
function nodeWith(...stored: string[]): ImportTarget {
  return {
    async register(items) {
      const known = new Set(stored);
      return items.map((item): ImportResult => {
        const { handle, parent = null } = JSON.parse(item) as { handle: string; parent?: string | null };
        if (parent !== null && !known.has(parent)) {
          return { outcome: 'refused', handle, code: 'INVALID_PARENT', detail: MISSING, at: '/parent' };
        }
        known.add(handle);
        return { outcome: 'created', handle, revision: 0 };
      });
    },
  };
}

const row = (handle: string, parent?: string) => JSON.stringify({ handle, parent, values: [] });

async function outcomes(calls: readonly (readonly string[])[], target = dryRunTarget(nodeWith())): Promise<string[]> {
  const told: string[] = [];
  for (const call of calls) told.push(...(await target.register(call)).map(({ outcome }) => outcome));
  return told;
}

describe('a dry run', () => {
  test('knows parents, and parents of parents, of earlier calls', async () => {
    const calls = [[row('88.1/m')], [row('88.1/b', '88.1/m')], [row('88.1/i', '88.1/b')]];
    expect(await outcomes(calls)).toEqual(['created', 'created', 'created']);
  });

  test.each([
    ['that nobody names', row('88.1/i', '88.1/other')],
    ['of another prefix', row('88.2/i', '88.1/m')],
    ['that is the row itself', row('88.1/m', '88.1/m')],
  ])('refuses a parent %s', async (_which, later) => {
    expect(await outcomes([[row('88.1/m')], [later]])).toEqual(['created', 'refused']);
  });

  test('refuses a child of what was itself refused', async () => {
    const calls = [[row('88.1/b', '88.1/gone')], [row('88.1/i', '88.1/b')]];
    expect(await outcomes(calls)).toEqual(['refused', 'refused']);
  });
});

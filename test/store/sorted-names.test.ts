// The sorted set behind the lists of the store in memory.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ByteString } from '../../src/domain/bytes.ts';
import { SortedNames } from '../../src/store/sorted-names.ts';

describe('a sorted set of names', () => {
  it('has what was added and not removed, in order, from any name on', () => {
    const name = fc.integer({ min: 0, max: 3000 }).map((number) => String(number) as ByteString);
    const steps = fc.array(fc.tuple(fc.boolean(), name), { maxLength: 3000, size: 'max' });
    fc.assert(
      fc.property(steps, name, (changes, from) => {
        const names = new SortedNames();
        const model = new Set<ByteString>();
        for (const [adds, changed] of changes) {
          if (adds) names.add(changed);
          else names.remove(changed);
          if (adds) model.add(changed);
          else model.delete(changed);
        }
        const sorted = [...model].sort();
        expect([...names.after(null)]).toEqual(sorted);
        expect([...names.after(from)]).toEqual(sorted.filter((other) => other > from));
      }),
      { numRuns: 30 },
    );
  });
});

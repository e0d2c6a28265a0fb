// Which lot a handle was a code of at an instant. It looks at the lots of a prefix one by one: the past is asked for
// seldom, with a key.

import { bytesFromText } from '../domain/bytes.ts';
import { type Handle, isSystemPrefix, suffixOf } from '../domain/handle.ts';
import { MAX_PAGE_SIZE } from '../domain/limits.ts';
import { type Lot, type LotId, type LotTags, spanOf } from '../domain/lot.ts';
import type { Prefix } from '../domain/prefix.ts';
import type { LotReader } from '../store/registry-store.ts';
import { type LotFinder, type LotFinding, prepared, readFinding } from './lot-finder.ts';

export function lotsAt(reader: Pick<LotReader, 'lots' | 'lotVersions'>, tags: LotTags, atMs: number): LotFinder {
  return {
    async find(handle: Handle, prefix: Prefix): Promise<LotFinding | null> {
      if (isSystemPrefix(handle)) return null;
      const lot = await lastBefore(reader, handle, prefix, atMs);
      const then = lot === null ? null : await stateAt(reader, lot.id, atMs);
      return then === null ? null : readFinding(prepared(then), suffixOf(handle), tags, false);
    },
  };
}

/** Rooms did not overlap then either: of the lots there were, only the last that begins before the handle can have held it. */
async function lastBefore(
  reader: Pick<LotReader, 'lots'>,
  handle: Handle,
  prefix: Prefix,
  atMs: number,
): Promise<Lot | null> {
  const suffix = bytesFromText(suffixOf(handle));
  let last: Lot | null = null;
  for (let after: LotId | null = null; ; ) {
    const page: readonly Lot[] = await reader.lots(prefix, after, MAX_PAGE_SIZE);
    for (const lot of page) {
      const { length, start } = spanOf(lot);
      if (lot.createdAt > atMs || length !== suffix.length || start > suffix) continue;
      if (last === null || start > spanOf(last).start) last = lot;
    }
    after = page.at(-1)?.id ?? null;
    if (after === null || page.length < MAX_PAGE_SIZE) return last;
  }
}

async function stateAt(reader: Pick<LotReader, 'lotVersions'>, id: LotId, atMs: number): Promise<Lot | null> {
  let then: Lot | null = null;
  for (let after = 0; ; ) {
    const page: readonly Lot[] = await reader.lotVersions(id, after, MAX_PAGE_SIZE);
    then = page.findLast(({ updatedAt }) => updatedAt <= atMs) ?? then;
    after = page.at(-1)?.revision ?? after;
    if (page.length < MAX_PAGE_SIZE) return then;
  }
}

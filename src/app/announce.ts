// Connects the store's announcement of a commit to the epoch tables: which slots visible changes make
// old, here and at other nodes of the same store.

import { type EpochTable, LOTS_SLOT, lotRowsSlotOf, slotOf, TRANSFERS_SLOT } from '../cache/epoch-table.ts';
import type { VisibleChange } from '../domain/change.ts';
import { prefixOf } from '../domain/handle.ts';

export interface EndedSlots {
  readonly changed: readonly number[];
  readonly created: readonly number[];
}

/** Called in the committing thread, after the commit can be read and before it is acknowledged. */
export function announce(epochs: EpochTable, changes: readonly VisibleChange[]): void {
  const ended = endedBy(changes);
  if (ended === 'everything') epochs.flush();
  else epochs.raise(ended.changed, ended.created);
}

/** What a prefix answers depends on its homes through every handle below it: rare enough to end everything. */
export function endedBy(changes: readonly VisibleChange[]): EndedSlots | 'everything' {
  const changed: number[] = [];
  const created: number[] = [];
  for (const change of changes) {
    switch (change.subject) {
      case 'record': {
        const slot = slotOf(change.handle);
        if (change.replaced) changed.push(slot);
        if (change.appeared) created.push(slot);
        // Something stood there, and was not to be found by its handle: a code of a lot becomes a record.
        if (change.replaced && change.appeared) changed.push(lotRowsSlotOf(prefixOf(change.handle)));
        // A prefix record says who answers for the prefix, so what is answered below it depends on it.
        if (change.handle.startsWith('0.NA/')) changed.push(slotOf(`enterprise:${change.handle.slice(5)}`));
        break;
      }
      case 'enterprise':
        changed.push(slotOf(`enterprise:${change.prefix}`));
        if (change.transferred) changed.push(slotOf(TRANSFERS_SLOT));
        break;
      case 'principal':
        changed.push(slotOf(`principal:${change.id}`));
        break;
      case 'key':
        changed.push(slotOf(`key:${change.tokenHash}`));
        break;
      case 'lot':
        // Any answer under the prefix may be another now; they all depend on this slot, and lots change seldom.
        changed.push(slotOf(`enterprise:${change.prefix}`), slotOf(LOTS_SLOT));
        break;
      case 'template':
        changed.push(slotOf(`template:${change.handle}`));
        break;
      case 'home':
        return 'everything';
    }
  }
  return { changed, created };
}

// Connects the store's announcement of a commit to the epoch tables: which slots a visible change makes old.

import { type EpochTable, LOTS_SLOT, slotOf, TRANSFERS_SLOT } from '../cache/epoch-table.ts';
import type { VisibleChange } from '../domain/change.ts';

/** Called in the committing thread, after the commit can be read and before it is acknowledged. */
export function announce(epochs: EpochTable, changes: readonly VisibleChange[]): void {
  const changed: number[] = [];
  const created: number[] = [];
  let homesChanged = false;
  for (const change of changes) {
    switch (change.subject) {
      case 'record': {
        const slot = slotOf(change.handle);
        if (change.replaced) changed.push(slot);
        if (change.appeared) created.push(slot);
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
        homesChanged = true;
        break;
    }
  }
  // What a prefix answers depends on its homes through every handle below it: rare enough to end everything.
  if (homesChanged) epochs.flush();
  else epochs.raise(changed, created);
}

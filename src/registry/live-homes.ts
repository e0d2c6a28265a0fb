// What the node is home to while it runs: the settings' prefixes, and those an operator has had homed since. It decides
// nothing; which prefix may be homed is asked elsewhere.

import { type EpochTable, slotOf } from '../cache/epoch-table.ts';
import type { Validity } from '../domain/answer.ts';
import type { Home, Homed, HomedPrefix } from '../domain/prefix.ts';
import type { HomeReader } from '../store/registry-store.ts';

export interface HomesOptions {
  readonly store: HomeReader;
  readonly epochs: EpochTable;
  readonly configured: readonly HomedPrefix[];
}

/**
 * Asked at every request: one look at the epoch table as long as nothing has changed. A store that answers with a
 * promise is read in the background, and what stood before holds until it has answered.
 */
export function followHomes({ store, epochs, configured }: HomesOptions): Homed {
  // Any slot would do: a change of homes ends everything.
  const changeSlots = [slotOf('homes:all')];
  let homed: readonly HomedPrefix[] = configured;
  let validity: Validity | null = null;
  let isReading = false;
  const keep = (homes: readonly Home[], epoch: number): void => {
    const further = homes.filter(
      ({ state, prefix }) => state === 'homed' && !configured.some((home) => home.prefix === prefix),
    );
    homed = [...configured, ...further.map(({ prefix, foldsCase }) => ({ prefix, foldsCase }))];
    validity = { epoch, changeSlots, creationSlot: null };
  };
  return () => {
    if ((validity !== null && epochs.holds(validity)) || isReading) return homed;
    const epoch = epochs.current(); // before the read: what changes meanwhile ends what was read
    const homes = store.homes();
    if (homes instanceof Promise) {
      isReading = true;
      homes
        .then((found) => keep(found, epoch))
        .catch(() => {}) // unreadable: what stood before holds, and the next request reads again
        .finally(() => {
          isReading = false;
        });
    } else keep(homes, epoch);
    return homed;
  };
}

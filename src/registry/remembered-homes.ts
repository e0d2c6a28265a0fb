// The rule of case of every prefix that was ever homed, kept with the data it was applied to: compared with the settings
// at each start, since another rule would hide records that are there. Homes nothing that the settings do not name.

import type { Change } from '../domain/change.ts';
import { HandleError, isHandleError } from '../domain/error.ts';
import { type Home, type HomedPrefix, homeOf } from '../domain/prefix.ts';
import type { RegistryStore } from '../store/registry-store.ts';

type Store = Pick<RegistryStore, 'homes' | 'counts' | 'stats' | 'commit'>;

/**
 * Remembers what the settings home, and forgets being home to what they no longer name. Throws `INVALID_CONFIG` if they
 * give identifiers that exist another rule of case. A store that takes no writes is compared all the same.
 */
export async function rememberHomes(options: {
  readonly store: Store;
  readonly configured: readonly HomedPrefix[];
}): Promise<void> {
  const { store, configured } = options;
  const remembered = await store.homes();
  const changes: Change[] = [];
  for (const home of configured) {
    const known = remembered.find(({ prefix }) => prefix === home.prefix) ?? null;
    const before = known ?? homeOf(home.prefix, remembered);
    if (before !== null && before.foldsCase !== home.foldsCase) await assertEmpty(store, home, before);
    const stands = known?.state === 'homed' && known.homedBy === 'settings' && known.foldsCase === home.foldsCase;
    if (!stands) changes.push(homeChange(known, { ...home, state: 'homed', homedBy: 'settings' }));
  }
  for (const known of remembered) {
    const { prefix, foldsCase, homedBy, state } = known;
    if (state === 'unhomed' || homedBy === 'operator' || configured.some((home) => home.prefix === prefix)) continue;
    const above = homeOf(prefix, configured);
    if (above !== null && above.foldsCase !== foldsCase) await assertEmpty(store, { ...above, prefix }, known);
    changes.push(homeChange(known, { prefix, foldsCase, homedBy, state: 'unhomed' }));
  }
  if (changes.length > 0) await commitIfPossible(store, changes);
}

function homeChange(known: Home | null, home: Extract<Change, { kind: 'put-home' }>['home']): Change {
  return { kind: 'put-home', expectedRevision: known?.revision ?? 0, home };
}

async function assertEmpty(store: Store, home: HomedPrefix, before: HomedPrefix): Promise<void> {
  // How many stand anywhere below a prefix is not counted, and a start must not scan for it: of a whole home, any will do.
  const isWhole = home.prefix === before.prefix;
  const identifiers = isWhole ? store.stats().records : (await store.counts(home.prefix)).live;
  if (identifiers === 0) return;
  const rule = (foldsCase: boolean): string => (foldsCase ? 'without case' : 'exactly');
  throw new HandleError(
    'INVALID_CONFIG',
    `Suffixes under ${home.prefix} compare ${rule(before.foldsCase)} since ${before.prefix} was homed, and the store holds ${identifiers} identifiers: with the present settings they would compare ${rule(home.foldsCase)}, and some could not be found any more. Set "foldsCase": ${before.foldsCase} for ${home.prefix} in node.homed.`,
  );
}

async function commitIfPossible(store: Store, changes: readonly Change[]): Promise<void> {
  try {
    await store.commit({ principalId: 'settings', requestId: 'start', changes, idempotency: null });
  } catch (error) {
    if (!isHandleError(error, 'STORE_READ_ONLY')) throw error;
  }
}

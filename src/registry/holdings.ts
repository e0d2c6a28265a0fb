// Which prefixes were transferred, and to whom: looked up once and remembered until the next transfer. It judges nobody.

import type { EpochTable } from '../cache/epoch-table.ts';
import { TRANSFERS_SLOT } from '../cache/epoch-table.ts';
import type { Enterprise } from '../domain/enterprise.ts';
import type { HandleError } from '../domain/error.ts';
import type { Handle } from '../domain/handle.ts';
import { NO_TRANSFERS, type Transfers } from '../domain/holding.ts';
import { MAX_PAGE_SIZE } from '../domain/limits.ts';
import type { Prefix } from '../domain/prefix.ts';
import type { Principal } from '../domain/principal.ts';
import type { Awaitable, DirectoryReader } from '../store/registry-store.ts';
import { judgeRead, seesEveryone } from './authorization.ts';
import { Remembered } from './remembered.ts';

/** There is one table of transfers; `kind:name` is how its slot is called. */
const [KIND, NAME] = TRANSFERS_SLOT.split(':') as ['transfers', string];

export class Holdings {
  readonly #transfers: Remembered<Transfers>;

  constructor(store: DirectoryReader, epochs: EpochTable) {
    this.#transfers = new Remembered<Transfers>({
      epochs,
      kind: KIND,
      read: () => readTransfers(store),
      keepsAbsence: false,
    });
  }

  /** At once if remembered. */
  transfers(): Awaitable<Transfers> {
    const known = this.#transfers.get(NAME);
    return known instanceof Promise ? known.then((found) => found ?? NO_TRANSFERS) : (known ?? NO_TRANSFERS);
  }

  /** Null if the principal may read what is registered under the handle, else the denial. At once if it can be. */
  judgeRead(principal: Principal, handle: Handle): Awaitable<HandleError | null> {
    if (seesEveryone(principal)) return null;
    const transfers = this.transfers();
    return transfers instanceof Promise
      ? transfers.then((found) => judgeRead(principal, handle, found))
      : judgeRead(principal, handle, transfers);
  }
}

/** Enterprises are thousands at most and transfers rare: looking at all is cheaper than keeping an index in step. */
async function readTransfers(store: DirectoryReader): Promise<Transfers> {
  const transfers = new Map<string, Prefix>();
  for await (const { prefix, holder } of allEnterprises(store)) if (holder !== null) transfers.set(prefix, holder);
  return transfers;
}

/** In order of prefix text. */
export async function* allEnterprises(
  store: Pick<DirectoryReader, 'enterprises'>,
  start: Prefix | null = null,
): AsyncGenerator<Enterprise, void, void> {
  for (let after = start; ; ) {
    const page: readonly Enterprise[] = await store.enterprises(after, MAX_PAGE_SIZE);
    yield* page;
    after = page.at(-1)?.prefix ?? null;
    if (after === null || page.length < MAX_PAGE_SIZE) return;
  }
}

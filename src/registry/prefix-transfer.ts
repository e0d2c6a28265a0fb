// Transfer of a prefix from one enterprise to another: what must hold before, and the one change it is. Its records stay
// where they are; who may read and write them follows from the holder.

import type { Enterprise } from '../domain/enterprise.ts';
import { HandleError } from '../domain/error.ts';
import { isWithin, type Prefix } from '../domain/prefix.ts';
import type { DirectoryReader } from '../store/registry-store.ts';
import { allEnterprises } from './holdings.ts';

/** Throws unless `prefix` can be held by `holder`; null gives it back to the enterprise it was allocated to. */
export async function assertTransferable(store: DirectoryReader, prefix: Prefix, holder: Prefix | null): Promise<void> {
  if (holder === null) return;
  if (isWithin(holder, prefix)) {
    throw refused(
      'INVALID_REQUEST',
      `${holder} is ${prefix} or below it: name another enterprise, or null to give it back.`,
    );
  }
  const to = await store.enterprise(holder);
  if (to === null) throw refused('NOT_FOUND', `No enterprise holds ${holder}: create it before it gets a prefix.`);
  if (to.state !== 'active') {
    throw refused('INVALID_STATE', `Enterprise ${holder} is ${to.state}: only active ones can be given a prefix.`);
  }
  if (to.holder !== null) {
    throw refused('INVALID_STATE', `${holder} was itself transferred to ${to.holder}: give ${prefix} to that one.`);
  }
  const held = await firstHeldBy(store, prefix);
  if (held === null) return;
  throw refused('INVALID_STATE', `Enterprise ${prefix} holds ${held.prefix}: transfer that first, or give it back.`);
}

async function firstHeldBy(store: DirectoryReader, holder: Prefix): Promise<Enterprise | null> {
  for await (const enterprise of allEnterprises(store)) if (enterprise.holder === holder) return enterprise;
  return null;
}

function refused(code: 'INVALID_REQUEST' | 'NOT_FOUND' | 'INVALID_STATE', message: string): HandleError {
  return new HandleError(code, message, { at: '/to' });
}

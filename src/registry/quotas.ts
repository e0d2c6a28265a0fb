// What a quota says of an item before the store counts it.

import { HandleError } from '../domain/error.ts';
import type { Item } from './admission.ts';
import type { Plan } from './planning.ts';

/** A quota counts one prefix: what is created below it elsewhere would be counted nowhere. */
export function assertCounted({ holder, target }: Item): void {
  if (holder === null || holder.quota === null || target.handle.startsWith(`${holder.prefix}/`)) return;
  throw new HandleError(
    'INVALID_STATE',
    `Enterprise ${holder.prefix} has a quota, which counts its own prefix only: register under ${holder.prefix}.`,
    { zh: `企业 ${holder.prefix} 有配额，只计其自身前缀：请在 ${holder.prefix} 下登记。` },
  );
}

/** What the store holds a creation against. */
export function quotaOf({ holder }: Item, { outcome }: Exclude<Plan, { kind: 'keep' }>): { readonly quota?: number } {
  return outcome === 'created' && holder !== null && holder.quota !== null ? { quota: holder.quota } : {};
}

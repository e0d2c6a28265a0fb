// How far a store may grow while somebody holds one of its states. Pure.

import { HandleError } from '../domain/error.ts';

/** A small store may grow by this much: some minutes of full writing. */
const MIN_GROWTH_LIMIT_BYTES = 2 ** 30;

/** While a state is held, every page that is written anew takes new room in the store's file. */
export function growthLimit(storeBytes: number): number {
  return Math.max(MIN_GROWTH_LIMIT_BYTES, storeBytes / 2);
}

export function assertGrowth(growthBytes: number, limit: number): void {
  if (growthBytes <= limit) return;
  const [grown, allowed] = [growthBytes, limit].map((bytes) => `${Math.ceil(bytes / 2 ** 20)} MiB`);
  throw new HandleError(
    'OVERLOADED',
    `The store grew by ${grown} meanwhile, at most ${allowed} are allowed: try again when less is written, or allow more with --max-growth.`,
  );
}

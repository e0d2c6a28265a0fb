// Who reaches a prefix: scopes at the prefix and above it, or, where it was transferred, those of its holder. Pure.

import { MAX_TRANSFER_STEPS } from './limits.ts';
import { isWithin, type Prefix } from './prefix.ts';

/** Every transferred prefix with the enterprise that holds it. */
export type Transfers = ReadonlyMap<string, Prefix>;

export const NO_TRANSFERS: Transfers = new Map();

/**
 * The scopes that reach `prefix`, nearest first: itself, then what is above it, segment by segment. A transferred prefix
 * is no seat of its own any more: the way goes on at its holder, so the former holder and whoever is above the old
 * place alone lose it.
 */
export function seatsOf(prefix: string, transfers: Transfers): readonly string[] {
  const seats: string[] = [];
  let steps = 0;
  for (let at = prefix; at !== ''; ) {
    const holder = transfers.get(at);
    if (holder === undefined) {
      seats.push(at);
      at = at.slice(0, Math.max(0, at.lastIndexOf('.')));
    } else if (++steps > MAX_TRANSFER_STEPS) return seats;
    else at = holder;
  }
  return seats;
}

/** Whether a principal that is bound to `scope` reaches `prefix`. Whole segments: 88.118.100 does not reach 88.118.10023. */
export function reaches(scope: Prefix, prefix: string, transfers: Transfers): boolean {
  return transfers.size === 0 ? isWithin(prefix, scope) : seatsOf(prefix, transfers).includes(scope);
}

/** Where what `scope` reaches is found: itself and the prefixes transferred to it or to something below it. */
export function rootsOf(scope: Prefix, transfers: Transfers): readonly Prefix[] {
  const roots = [scope];
  for (const prefix of transfers.keys()) if (reaches(scope, prefix, transfers)) roots.push(prefix as Prefix);
  return roots;
}

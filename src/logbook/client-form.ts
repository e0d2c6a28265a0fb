// How addresses of clients stand in the logs: as they are, as pseudonyms, or as their network. Pure but for the key.

import { createHmac } from 'node:crypto';
import { chinaDayOf } from '../domain/china-day.ts';
import { networkOf } from '../domain/client-network.ts';

export const CLIENT_FORMS = ['plain', 'pseudonym', 'network'] as const;
export type ClientForm = (typeof CLIENT_FORMS)[number];

/** Pseudonyms remembered at once: a megabyte or so, instead of a hash for every line. */
const MAX_REMEMBERED = 10_000;
/** Hex digits of a pseudonym: two of a million addresses have the same by a chance of one in thirty million. */
const PSEUDONYM_LENGTH = 16;

/** An address or network as it may be written down. */
export type ShowClient = (address: string) => string;

/**
 * A pseudonym is a keyed hash: the same address has the same one for a China day and another the next, so that what one
 * client did on a day can be told and nobody is followed for longer. Who has the key can find an address again.
 */
export function createShowClient(form: ClientForm, key: string, clock: () => number): ShowClient {
  if (form === 'plain') return (address) => address;
  if (form === 'network') return (address) => (address.includes('/') ? address : networkOf(address));
  const known = new Map<string, string>();
  let day = -1;
  return (address) => {
    const today = chinaDayOf(clock());
    if (today !== day || known.size >= MAX_REMEMBERED) known.clear();
    day = today;
    const before = known.get(address);
    if (before !== undefined) return before;
    const pseudonym = pseudonymOf(address, key, day);
    known.set(address, pseudonym);
    return pseudonym;
  };
}

function pseudonymOf(address: string, key: string, day: number): string {
  const dayKey = createHmac('sha256', key).update(String(day)).digest();
  return createHmac('sha256', dayKey).update(address).digest('hex').slice(0, PSEUDONYM_LENGTH);
}

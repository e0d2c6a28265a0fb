// Name resolution for connections to others: what was resolved and judged is what is connected to, kept for a while, and
// used on when DNS fails. It opens no connection.

import type { LookupAddress } from 'node:dns';
import { lookup as systemLookup } from 'node:dns/promises';
import { isIP, type LookupFunction } from 'node:net';
import { setNewest } from '../domain/newest.ts';
import type { AddressGuard } from './address-guard.ts';

/** How long an address is used without asking again: shorter than most TTLs, which the system does not tell. */
const PINNED_MS = 60_000;
/** How long one may be used while DNS cannot be asked: as long as answers may be stale. */
const KEPT_MS = 86_400_000;
/** Names remembered: every upstream and far more delegated sites than one sector has. */
const MAX_NAMES = 1000;

export interface PinnedLookupOptions {
  /** Judges every address; null if the names come from whoever runs the node. */
  readonly guard: AddressGuard | null;
  /** Milliseconds that only rise. */
  readonly clock: () => number;
  readonly resolve?: (hostname: string) => Promise<readonly LookupAddress[]>;
}

interface Pinned {
  readonly addresses: readonly LookupAddress[];
  readonly at: number;
}

/** Says which address was refused, and how it can be allowed. */
export class AddressRefused extends Error {
  constructor(host: string, address: string) {
    super(
      `${host} is at ${address}, which is not a public address: allow its network in upstream.allowedNetworks if it is meant.`,
    );
  }
}

/** In the form that `net.connect` takes; also called with `all` (RFC 8305). */
export function createPinnedLookup(options: PinnedLookupOptions): LookupFunction {
  const { guard, clock, resolve = (hostname) => systemLookup(hostname, { all: true }) } = options;
  const pinned = new Map<string, Pinned>();
  const flights = new Map<string, Promise<readonly LookupAddress[]>>();

  const renew = async (hostname: string): Promise<readonly LookupAddress[]> => {
    const before = pinned.get(hostname);
    try {
      const addresses = await resolve(hostname);
      const refused = addresses.find(({ address }) => guard !== null && !guard.allows(address));
      // One bad address condemns the name: whoever mixes them wants the retry to land inside.
      if (refused !== undefined) throw new AddressRefused(hostname, refused.address);
      setNewest(pinned, hostname, { addresses, at: clock() }, MAX_NAMES);
      return addresses;
    } catch (error) {
      if (error instanceof AddressRefused) pinned.delete(hostname);
      else if (before !== undefined && clock() - before.at < KEPT_MS) return before.addresses;
      throw error;
    }
  };

  const addressesOf = (hostname: string): Promise<readonly LookupAddress[]> => {
    const kept = pinned.get(hostname);
    if (kept !== undefined && clock() - kept.at < PINNED_MS) return Promise.resolve(kept.addresses);
    let flight = flights.get(hostname);
    if (flight === undefined) {
      flight = renew(hostname).finally(() => flights.delete(hostname));
      flights.set(hostname, flight);
    }
    return flight;
  };

  return (hostname, { all }, callback) => {
    addressesOf(hostname).then(
      (addresses) => {
        const [first] = addresses;
        if (first === undefined) callback(new Error(`${hostname} has no address`), '', 0);
        else if (all === true) callback(null, [...addresses]);
        else callback(null, first.address, first.family);
      },
      (error: Error) => callback(error, '', 0),
    );
  };
}

/** For hosts that are addresses already, which are never looked up. Throws `AddressRefused`. */
export function assertAllowedHost(hostname: string, guard: AddressGuard): void {
  const address = hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
  if (isIP(address) !== 0 && !guard.allows(address)) throw new AddressRefused(hostname, address);
}

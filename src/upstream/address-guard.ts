// Which network addresses may be asked when the address came from data: a prefix record, a redirect, a name that somebody
// else's DNS answers. It resolves nothing.

import ipaddr from 'ipaddr.js';
import { HandleError } from '../domain/error.ts';

/** Throws `INVALID_CONFIG` for a network it cannot read. */
export class AddressGuard {
  readonly #allowed: readonly (readonly [ipaddr.IPv4 | ipaddr.IPv6, number])[];

  /** `allowed`: addresses or `address/length` that may be asked although they are not public. */
  constructor(allowed: readonly string[]) {
    this.#allowed = allowed.map(parseNetwork);
  }

  /**
   * Public unicast only: no loopback, private, link-local (cloud metadata is there), shared, multicast or reserved
   * address, and none of these in IPv6 clothes (mapped, NAT64, 6to4, Teredo).
   */
  allows(address: string): boolean {
    if (!ipaddr.isValid(address)) return false;
    const parsed = ipaddr.process(address);
    if (parsed.range() === 'unicast') return true;
    return this.#allowed.some(([network, length]) => parsed.kind() === network.kind() && parsed.match(network, length));
  }
}

function parseNetwork(text: string): readonly [ipaddr.IPv4 | ipaddr.IPv6, number] {
  try {
    if (text.includes('/')) return ipaddr.parseCIDR(text);
    const address = ipaddr.parse(text);
    return [address, address.kind() === 'ipv4' ? 32 : 128];
  } catch (cause) {
    throw new HandleError(
      'INVALID_CONFIG',
      `"${text}" is no network: write an address, or a network such as 10.0.0.0/8.`,
      { cause },
    );
  }
}

// Exchanges with servers of the Handle protocol, over TCP and UDP: names resolved once and kept, addresses that came from data
// judged before anybody is asked. It tries nothing twice but what a lost connection or datagram asks for.

import { isIP, type LookupFunction } from 'node:net';
import type { ByteString } from '../domain/bytes.ts';
import { MAX_KNOWN_SERVERS } from '../domain/handle-client-limits.ts';
import { setNewest } from '../domain/newest.ts';
import { AddressGuard } from './address-guard.ts';
import { ExchangeFailed } from './exchange-failed.ts';
import { ServerConnections } from './handle-connections.ts';
import type { Transport } from './handle-sites.ts';
import { exchangeDatagrams } from './handle-udp.ts';
import { AddressRefused, assertAllowedHost, createPinnedLookup, type PinnedLookupOptions } from './pinned-lookup.ts';

export interface HandleTransportOptions {
  /** Networks that are not public and may be asked all the same. */
  readonly allowedNetworks: readonly string[];
  /** Of one response. */
  readonly maxBytes: number;
  readonly resolve?: PinnedLookupOptions['resolve'];
}

/** One interface of a server. */
export interface HandleTarget {
  readonly transport: Transport;
  readonly host: string;
  readonly port: number;
  /** Whether the host stands in the settings; then its address may be any. */
  readonly isConfigured: boolean;
}

interface Message {
  readonly requestId: number;
  readonly bytes: ByteString;
}

export class HandleTransport {
  readonly #options: HandleTransportOptions;
  readonly #guard: AddressGuard;
  readonly #lookup: LookupFunction;
  readonly #servers = new Map<string, ServerConnections>();
  #isClosed = false;

  constructor(options: HandleTransportOptions) {
    this.#options = options;
    this.#guard = new AddressGuard(options.allowedNetworks);
    const { resolve } = options;
    const clock = (): number => performance.now();
    // Only configured hosts have names.
    this.#lookup = createPinnedLookup({ guard: null, clock, ...(resolve === undefined ? {} : { resolve }) });
  }

  /** The bytes of the response. Throws `ExchangeFailed`. */
  async exchange(target: HandleTarget, message: Message, timeoutMs: number): Promise<ByteString> {
    if (this.#isClosed) throw new ExchangeFailed('network', 'this node is closing');
    this.#assertAllowed(target);
    if (target.transport === 'TCP') return this.#connectionsTo(target).exchange(message, timeoutMs);
    const { address, family } = await this.#addressOf(target.host);
    const { maxBytes } = this.#options;
    return exchangeDatagrams({ ...message, address, family, port: target.port, timeoutMs, maxBytes });
  }

  close(): void {
    this.#isClosed = true;
    for (const connections of this.#servers.values()) connections.close();
    this.#servers.clear();
  }

  #assertAllowed({ host, isConfigured }: HandleTarget): void {
    if (isConfigured) return;
    try {
      assertAllowedHost(host, this.#guard);
    } catch (error) {
      if (error instanceof AddressRefused) throw new ExchangeFailed('refused-address', error.message, error);
      throw error;
    }
    if (isIP(host) === 0) throw new ExchangeFailed('refused-address', `${host} is no address`);
  }

  #connectionsTo({ host, port }: HandleTarget): ServerConnections {
    const key = `${host} ${port}`;
    const { maxBytes } = this.#options;
    const connections = this.#servers.get(key) ?? new ServerConnections({ host, port, lookup: this.#lookup, maxBytes });
    // Those of one that gives way end when they are idle.
    setNewest(this.#servers, key, connections, MAX_KNOWN_SERVERS);
    return connections;
  }

  #addressOf(host: string): Promise<{ readonly address: string; readonly family: 4 | 6 }> {
    const known = isIP(host);
    if (known !== 0) return Promise.resolve({ address: host, family: known as 4 | 6 });
    return new Promise((resolve, reject) => {
      this.#lookup(host, {}, (error, address, family) => {
        if (error !== null) reject(new ExchangeFailed('network', error.message, error));
        else resolve({ address: String(address), family: family === 6 ? 6 : 4 });
      });
    });
  }
}

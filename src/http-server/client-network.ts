// Where a request comes from: its client's network, and whether it came encrypted. What was forwarded counts only from
// configured proxies.

import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';
import { networkOf } from '../domain/client-network.ts';
import { HandleError } from '../domain/error.ts';

const MAPPED_IPV4 = /^::ffff:(?=\d+\.)/i;

/** Who asks, as far as an answer can depend on it: a request, or a connection whose requests say nothing more. */
export interface Caller {
  readonly socket: { readonly remoteAddress?: string | undefined };
  readonly headers: IncomingHttpHeaders;
}

/** Tells the network a request comes from; the same text for the same network. */
export type ClientNetwork = (caller: Caller) => string;

/** Tells the address a request comes from; empty if its connection is gone. */
export type ClientAddress = (caller: Caller) => string;

/** `trustedProxies`: addresses or `address/length` whose `X-Forwarded-For` is believed. Throws `INVALID_CONFIG`. */
export function createClientAddress(trustedProxies: readonly string[]): ClientAddress {
  const proxies = proxyList(trustedProxies);
  return ({ socket, headers }) => {
    const peer = plainAddress(socket.remoteAddress ?? '');
    return proxies === null ? peer : clientAddress(peer, headers['x-forwarded-for'], proxies);
  };
}

/** As `createClientAddress`. */
export function createClientNetwork(trustedProxies: readonly string[]): ClientNetwork {
  const addressOf = createClientAddress(trustedProxies);
  return (caller) => networkOf(addressOf(caller));
}

/** Tells whether nobody on the way could read or change a request. */
export type SecureCheck = (request: IncomingMessage) => boolean;

/**
 * Encrypted up to here, or up to a trusted proxy that says so in `X-Forwarded-Proto`. If several proxies wrote there, all
 * of them must have been reached encrypted. Throws `INVALID_CONFIG`.
 */
export function createSecureCheck(trustedProxies: readonly string[]): SecureCheck {
  const proxies = proxyList(trustedProxies);
  return ({ socket, headers }) => {
    if ('encrypted' in socket && socket.encrypted === true) return true;
    if (proxies === null || !isTrusted(plainAddress(socket.remoteAddress ?? ''), proxies)) return false;
    const hops = String(headers['x-forwarded-proto'] ?? '').split(',');
    return hops.every((hop) => hop.trim().toLowerCase() === 'https');
  };
}

function proxyList(trustedProxies: readonly string[]): BlockList | null {
  if (trustedProxies.length === 0) return null;
  const list = new BlockList();
  for (const entry of trustedProxies) {
    const [address = '', length, ...rest] = entry.split('/');
    const family = isIP(address);
    const most = family === 4 ? 32 : 128;
    const bits = length === undefined ? most : Number(/^\d{1,3}$/.test(length) ? length : 'none');
    if (family === 0 || rest.length > 0 || !(bits <= most)) {
      throw new HandleError(
        'INVALID_CONFIG',
        `"${entry}" is not an address or network: write 10.0.0.5, 10.0.0.0/8 or fd00::/8 in http.trustedProxies.`,
      );
    }
    list.addSubnet(address, bits, family === 4 ? 'ipv4' : 'ipv6');
  }
  return list;
}

/** The right-most address that is not one of our proxies: what stands left of it, a client can write itself. */
function clientAddress(peer: string, forwarded: string | string[] | undefined, proxies: BlockList): string {
  const hops = String(forwarded ?? '').split(',');
  let address = peer;
  while (isTrusted(address, proxies)) {
    const next = plainAddress(hops.pop()?.trim() ?? '');
    if (isIP(next) === 0) return address;
    address = next;
  }
  return address;
}

function isTrusted(address: string, proxies: BlockList): boolean {
  const family = isIP(address);
  return family !== 0 && proxies.check(address, family === 4 ? 'ipv4' : 'ipv6');
}

export function plainAddress(address: string): string {
  return address.replace(MAPPED_IPV4, '');
}

// The settings of the Handle protocol's doors, and the rule that joins them.

import { parseIpAddress } from '../wire/ip-address-text.ts';

const number = (value: number, minimum: number, maximum: number, description: string) =>
  ({ type: 'integer', default: value, minimum, maximum, description }) as const;
const MAX_INTEGER = Number.MAX_SAFE_INTEGER;

export const HANDLE_SECTION = {
  port: {
    anyOf: [{ type: 'null' }, { type: 'integer', minimum: 0, maximum: 65_535 }],
    default: null,
    description:
      'Port of the Handle protocol (RFC 3652), TCP and UDP, usually 2641; 0 takes a free one, null for none.',
  },
  host: {
    type: 'string',
    minLength: 1,
    default: '127.0.0.1',
    description: 'Address to listen on. Answers are public; secrets do not travel, as they answer challenges.',
  },
  publicAddress: {
    anyOf: [{ type: 'null' }, { type: 'string', minLength: 1 }],
    default: null,
    description: 'IP address at which clients reach this node, for its HS_SITE data; null if it is handle.host.',
  },
  siteSerial: number(
    1,
    1,
    65_535,
    'Serial number of the HS_SITE data: raise it when address or port change. Each rotation of the key adds one to it.',
  ),
  maxConnections: number(
    12_000,
    1,
    MAX_INTEGER,
    'Open TCP connections of one worker; further ones are closed at once. One client network gets three for each that is free.',
  ),
  idleTimeoutMs: number(300_000, 100, MAX_INTEGER, 'How long a TCP connection stays open between messages.'),
  messageTimeoutMs: number(30_000, 100, MAX_INTEGER, 'How long a message may take to come, and a response to be read.'),
} as const;

interface HandleSettings {
  readonly port: number | null;
  readonly host: string;
  readonly publicAddress: string | null;
}

/** The address that the node's site tells; null if the settings name none. */
export function siteAddressOf({ host, publicAddress }: Omit<HandleSettings, 'port'>): string | null {
  const address = publicAddress ?? (host === 'localhost' ? '127.0.0.1' : host);
  return parseIpAddress(address) === null || address === '0.0.0.0' || address === '::' ? null : address;
}

/** What is wrong with settings that are right one by one: path and reason. */
export function handleObjections(settings: HandleSettings): [path: string, reason: string][] {
  if (settings.port === null || siteAddressOf(settings) !== null) return [];
  return [['handle.publicAddress', 'must be the IP address at which clients reach this node, as handle.host is none']];
}

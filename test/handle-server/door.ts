// The Handle protocol's doors open on real ports, beside an open HTTP door over the same store; and clients of theirs.

import { createPrivateKey, type JsonWebKeyInput, type KeyObject, randomBytes, randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import type { ByteString } from '../../src/domain/bytes.ts';
import { type HandleServerOptions, startHandleServer } from '../../src/handle-server/handle-server.ts';
import type { HandleLog, Peers } from '../../src/handle-server/surroundings.ts';
import { ByteReader } from '../../src/wire/byte-reader.ts';
import { decodeDatagram, Parts } from '../../src/wire/datagrams.ts';
import { siteFromJson } from '../../src/wire/site-json.ts';
import { encodeSite } from '../../src/wire/site-value.ts';
import { type DoorSettings, type OpenDoor, openDoor } from '../http-server/door.ts';
import { fromHex, messagesOfStream, recording } from '../wire/handle-vectors.ts';

export interface OpenHandleDoor {
  /** The HTTP door, with the registry, the store, the clock and what was seen. */
  readonly http: OpenDoor;
  readonly port: number;
  readonly log: Parameters<HandleLog>[0][];
  readonly answerer: Awaited<ReturnType<typeof startHandleServer>>['answerer'];
  /** What comes back on a connection of its own, until the server ends it. */
  tcp(...pieces: readonly string[]): Promise<ByteString[]>;
  /** The message that comes back, and how many datagrams it took. */
  udp(...datagrams: readonly string[]): Promise<{ readonly message: ByteString; readonly datagrams: number }>;
  close(): Promise<void>;
}

export interface HandleDoorSettings {
  readonly http?: DoorSettings;
  readonly limits?: Partial<HandleServerOptions['limits']>;
  readonly options?: Partial<HandleServerOptions>;
  readonly peers?: Peers;
}

const LIMITS: HandleServerOptions['limits'] = {
  connections: 100,
  inFlight: 100,
  idleTimeoutMs: 5000,
  messageTimeoutMs: 5000,
  missesPerSecond: 0,
  missBurst: 0,
  tripsPerSecond: 0,
  tripBurst: 0,
};

const SITE_KEY = privateKeyOf(recording.server.privateKey);

export const SITE = {
  data: encodeSite(siteFromJson(recording.server.site, '')),
  serialNumber: 1,
  privateKey: SITE_KEY,
  privateKeyFor: () => SITE_KEY,
};

export async function openHandleDoor(settings: HandleDoorSettings = {}): Promise<OpenHandleDoor> {
  const http = await openDoor(settings.http ?? { isFoldedAlone: true });
  const log: Parameters<HandleLog>[0][] = [];
  let requests = 0;
  const server = await startHandleServer({
    ...http,
    host: '127.0.0.1',
    port: 0,
    reusePort: false,
    recognise: null,
    site: SITE,
    clock: () => http.clock.nowMs,
    log: (entry) => log.push(entry),
    newRequestId: () => `handle-${++requests}`,
    sampling: {},
    random: { bytes: randomBytes, int: randomInt },
    peers: settings.peers ?? null,
    limits: { ...LIMITS, ...settings.limits },
    ...settings.options,
  });
  const { port } = server.address;
  return {
    http,
    port,
    log,
    answerer: server.answerer,
    tcp: (...pieces) => askByTcp(port, pieces),
    udp: (...datagrams) => askByUdp(port, datagrams),
    close: () => server.close().then(() => http.close()),
  };
}

export function askByTcp(port: number, pieces: readonly string[]): Promise<ByteString[]> {
  const { promise, resolve, reject } = Promise.withResolvers<ByteString[]>();
  const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true });
  let received = '';
  socket.on('data', (chunk: Buffer) => {
    received += chunk.toString('latin1');
  });
  socket.on('error', reject);
  socket.on('end', () => resolve(messagesOfStream(received as ByteString)));
  for (const piece of pieces) socket.write(piece, 'latin1');
  // Says that this is all, and reads on.
  socket.end();
  return promise;
}

export function askByUdp(
  port: number,
  sent: readonly string[],
): Promise<{ readonly message: ByteString; readonly datagrams: number }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ message: ByteString; datagrams: number }>();
  const socket = createSocket('udp4');
  const late = setTimeout(() => reject(new Error('Nothing came back.')), 4000);
  let parts: Parts | null = null;
  let datagrams = 0;
  socket.on('error', reject);
  socket.on('message', (chunk) => {
    const bytes = chunk.toString('latin1') as ByteString;
    datagrams++;
    const datagram = decodeDatagram(bytes);
    parts ??= new Parts(datagram);
    const message = datagram.envelope.isTruncated ? parts.add(datagram) : bytes;
    if (message !== null) resolve({ message, datagrams });
  });
  for (const one of sent) socket.send(Buffer.from(one, 'latin1'), port, '127.0.0.1');
  return promise.finally(() => {
    clearTimeout(late);
    socket.close();
  });
}

/** Reads the form in which the reference server keeps an RSA key that is not encrypted. */
function privateKeyOf(hex: string): KeyObject {
  const reader = new ByteReader(fromHex(hex));
  reader.readInt();
  reader.readText();
  const number = () => Buffer.from(reader.readBytes().replace(/^\0/, ''), 'latin1').toString('base64url');
  const [n, e, d, p, q, dp, dq, qi] = [number(), number(), number(), number(), number(), number(), number(), number()];
  const jwk = { kty: 'RSA', n, e, d, p, q, dp, dq, qi };
  return createPrivateKey({ key: jwk as JsonWebKeyInput['key'], format: 'jwk' });
}

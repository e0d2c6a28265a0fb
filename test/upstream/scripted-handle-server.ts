// A server of the Handle protocol on a real port, TCP and UDP, that does what a test says: answers, keeps silent, lies, drips.

import { createSocket, type RemoteInfo } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import type { ByteString } from '../../src/domain/bytes.ts';
import type { HandleValue } from '../../src/domain/handle-value.ts';
import { decodeDatagram, Parts, splitMessage } from '../../src/wire/datagrams.ts';
import { parseIpAddress } from '../../src/wire/ip-address-text.ts';
import { type Decoded, decodeMessage, encodeMessage, type RequestMessage } from '../../src/wire/message.ts';
import { MessageBuffer } from '../../src/wire/message-buffer.ts';
import { RESPONSE } from '../../src/wire/protocol.ts';
import type { ResponseContent } from '../../src/wire/response-body.ts';
import { encodeSite, type Site } from '../../src/wire/site-value.ts';
import { bytes, url } from '../handle-server/client.ts';

export type Request = Decoded<RequestMessage> & { readonly handle: string };

/** What a server is asked over, and what it may do with it. */
export interface Door {
  readonly transport: 'TCP' | 'UDP';
  send(message: string): void;
  /** One piece, or one datagram, as it is. */
  sendPiece(piece: string): void;
  /** Of TCP alone. */
  end(): void;
}

export type HandleScript = (request: Request, door: Door) => void;

export interface ScriptedHandleServer {
  readonly port: number;
  /** Handles asked for so far, with how. */
  readonly asked: { readonly handle: string; readonly transport: 'TCP' | 'UDP'; readonly request: Request }[];
  /** Connections so far. */
  connections(): number;
  script: HandleScript;
  close(): Promise<void>;
}

export function reply(request: Request, code: number, content: ResponseContent, requestId?: number): ByteString {
  const { envelope, header } = request;
  return encodeMessage({
    kind: 'response',
    envelope: { ...envelope, requestId: requestId ?? envelope.requestId, isTruncated: false },
    header: { ...header, responseCode: code, opFlags: 0, siteInfoSerial: 1 },
    credential: null,
    body: { digest: null, content },
  });
}

export function found(request: Request, values: readonly HandleValue[], handle = request.handle): ByteString {
  return reply(request, RESPONSE.success, { kind: 'values', handle: bytes(handle), values });
}

export function failure(request: Request, code: number, message = ''): ByteString {
  return reply(request, code, { kind: 'failure', message: bytes(message), indexes: null });
}

const saysFound: HandleScript = (request, door) => door.send(found(request, [url(1, 'https://example.com/')]));

/** Answers for what stands in `records`; anything else is not found. */
export function serves(records: Readonly<Record<string, readonly HandleValue[]>>): HandleScript {
  return (request, door) => {
    const values = records[request.handle];
    door.send(values === undefined ? failure(request, RESPONSE.handleNotFound) : found(request, values));
  };
}

/** HS_SITE data of one server for each port, all on this machine unless they say where. */
export function siteOn(
  servers: readonly { readonly port: number; readonly address?: string; readonly publicKey?: ByteString }[],
  more: Partial<Site> = {},
): ByteString {
  return encodeSite({
    ...{ version: 1, protocolMajor: 2, protocolMinor: 11, serialNumber: 1, hashFilter: '', attributes: [] },
    ...{ primary: true, multiPrimary: false, hashOption: 2 },
    servers: servers.map(({ port, address = '127.0.0.1', publicKey = '' as ByteString }, i) => ({
      serverId: i + 1,
      address: parseIpAddress(address) ?? ('' as ByteString),
      publicKey,
      interfaces: [
        { query: true, admin: false, protocol: 'TCP', port },
        { query: true, admin: false, protocol: 'UDP', port },
      ],
    })),
    ...more,
  });
}

export async function openScriptedHandle(script: HandleScript = saysFound): Promise<ScriptedHandleServer> {
  const sockets = new Set<Socket>();
  let connections = 0;
  const hear = (message: ByteString, door: Door): void => {
    const request = decodeMessage(message);
    if (request.kind !== 'request') throw new Error('A client sent no request.');
    const handle = 'handle' in request.body ? Buffer.from(request.body.handle, 'latin1').toString() : '';
    scripted.asked.push({ handle, transport: door.transport, request: { ...request, handle } });
    scripted.script({ ...request, handle }, door);
  };
  const server = createServer((socket) => {
    connections++;
    sockets.add(socket);
    const buffer = new MessageBuffer();
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    socket.on('data', (chunk: Buffer) => {
      buffer.add(chunk.toString('latin1') as ByteString);
      for (let message = buffer.take(); message !== null && message !== 'overlong'; message = buffer.take()) {
        const send = (told: string): unknown => socket.write(told, 'latin1');
        hear(message, { transport: 'TCP', send, sendPiece: send, end: () => socket.end() });
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const udp = createSocket('udp4');
  const partial = new Map<number, Parts>();
  udp.on('message', (chunk: Buffer, from: RemoteInfo) => {
    const datagram = decodeDatagram(chunk.toString('latin1') as ByteString);
    const parts = partial.get(datagram.envelope.requestId) ?? new Parts(datagram);
    partial.set(datagram.envelope.requestId, parts);
    const message = datagram.envelope.isTruncated ? parts.add(datagram) : (chunk.toString('latin1') as ByteString);
    const sendPiece = (piece: string): void => udp.send(Buffer.from(piece, 'latin1'), from.port, from.address);
    const send = (told: string): void => splitMessage(told as ByteString).forEach(sendPiece);
    if (message !== null) hear(message, { transport: 'UDP', send, sendPiece, end() {} });
  });
  udp.bind(port, '127.0.0.1');
  await once(udp, 'listening');
  const scripted: ScriptedHandleServer = {
    port,
    asked: [],
    connections: () => connections,
    script,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      udp.close();
      await once(server, 'close');
    },
  };
  return scripted;
}

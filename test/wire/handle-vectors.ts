// The recorded session with the reference server over the Handle protocol, as bytes.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ByteString } from '../../src/domain/bytes.ts';
import { decodeDatagram, Parts } from '../../src/wire/datagrams.ts';
import { announcedLength } from '../../src/wire/envelope.ts';
import { ENVELOPE_BYTES } from '../../src/wire/protocol.ts';

export interface RecordedCase {
  readonly name: string;
  readonly transport: 'tcp' | 'udp';
  /** The stream in one direction of a TCP connection, or the datagrams. */
  readonly request: readonly string[];
  readonly response: readonly string[];
}

export interface Recording {
  readonly prefix: string;
  readonly secretKey: { readonly user: string; readonly secret: string };
  readonly publicKey: { readonly user: string; readonly value: string; readonly privateKey: string };
  readonly server: { readonly publicKey: string; readonly privateKey: string; readonly site: unknown };
  readonly sessions: readonly {
    readonly scenario: string;
    readonly sessionId: number;
    readonly key: string;
    readonly clientPrivateKey: string;
  }[];
  readonly cases: readonly RecordedCase[];
}

export const recording: Recording = JSON.parse(
  readFileSync(join(import.meta.dirname, '../vectors/handle-protocol.json'), 'utf8'),
);

export function fromHex(hex: string): ByteString {
  return Buffer.from(hex, 'hex').toString('latin1') as ByteString;
}

export function caseNamed(name: string): RecordedCase {
  const found = recording.cases.find((one) => one.name === name);
  if (found === undefined) throw new Error(`There is no recorded case ${name}.`);
  return found;
}

/** The whole messages of one direction; what is no whole message is left out. */
export function messagesIn({ transport }: RecordedCase, direction: readonly string[]): ByteString[] {
  const chunks = direction.map(fromHex);
  return transport === 'udp' ? messagesOfDatagrams(chunks) : messagesOfStream(chunks.join('') as ByteString);
}

export function messagesOfStream(stream: ByteString): ByteString[] {
  const messages: ByteString[] = [];
  for (let rest = stream; ; ) {
    const length = announcedLength(rest);
    if (length === null || length < 0 || rest.length < ENVELOPE_BYTES + length) return messages;
    messages.push(rest.slice(0, ENVELOPE_BYTES + length) as ByteString);
    rest = rest.slice(ENVELOPE_BYTES + length) as ByteString;
  }
}

function messagesOfDatagrams(datagrams: readonly ByteString[]): ByteString[] {
  const messages: ByteString[] = [];
  let parts: Parts | null = null;
  for (const bytes of datagrams) {
    if (bytes.length < ENVELOPE_BYTES) continue;
    const datagram = decodeDatagram(bytes);
    parts ??= new Parts(datagram);
    const whole = parts.add(datagram);
    if (whole === null) continue;
    messages.push(whole);
    parts = null;
  }
  return messages;
}

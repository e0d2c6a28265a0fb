// Spoilt messages of the recorded session, the same for the same seed, and the law they are held against: they decode, or
// are refused with the code for it; what was decoded encodes to the same bytes and is no larger than the bytes warrant.

import { type ByteString, EMPTY_BYTES } from '../../src/domain/bytes.ts';
import { isHandleError } from '../../src/domain/error.ts';
import { decodeDatagram, splitMessage } from '../../src/wire/datagrams.ts';
import {
  decodeDecrypted,
  decodeMessage,
  encodeAround,
  encodeContent,
  encodeInner,
  encodeMessage,
} from '../../src/wire/message.ts';
import { ENVELOPE_BYTES } from '../../src/wire/protocol.ts';
import { decodeTyped, encodeTyped } from '../../src/wire/typed-value.ts';
import { messagesIn, recording } from './handle-vectors.ts';

/** xorshift128: the same numbers for the same seed, on every machine. */
function seededNumbers(seed: number): (below: number) => number {
  let [a, b, c, d] = [seed | 1, 0x9e3779b9, 0x243f6a88, 0xb7e15162];
  return (below) => {
    const t = a ^ (a << 11);
    [a, b, c] = [b, c, d];
    d = d ^ (d >>> 19) ^ t ^ (t >>> 8);
    return (d >>> 0) % below;
  };
}

const messages = recording.cases.flatMap((one) => [...messagesIn(one, one.request), ...messagesIn(one, one.response)]);
const values = messages.flatMap(valuesIn);
/** Where counts, lengths and indexes break. */
const NUMBERS = [0, 1, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0xffff, 0x40000, 0x7fffffff, 0x80000000, 0xffffffff];

function valuesIn(message: ByteString): { readonly type: string; readonly data: ByteString }[] {
  try {
    const decoded = decodeMessage(message);
    if (decoded.kind !== 'response' || !('values' in decoded.body.content)) return [];
    return [...(decoded.body.content.values ?? [])].filter(({ type }) => type.startsWith('HS_'));
  } catch {
    return []; // some recorded requests are malformed
  }
}

/** Some changes to a message: bits, bytes, numbers, lengths, ends, and pieces of another. */
function spoil(bytes: ByteString, other: ByteString, random: (below: number) => number): ByteString {
  let spoilt: string = bytes;
  for (let changes = 1 + random(3); changes > 0; changes--) {
    const at = random(spoilt.length + 1);
    switch (random(6)) {
      case 0:
        spoilt =
          spoilt.slice(0, at) +
          String.fromCharCode((spoilt.charCodeAt(at) ^ (1 << random(8))) & 0xff) +
          spoilt.slice(at + 1);
        break;
      case 1:
        spoilt = spoilt.slice(0, at) + String.fromCharCode(random(256)) + spoilt.slice(at + 1);
        break;
      case 2: {
        const number = NUMBERS[random(NUMBERS.length)] as number;
        const four = String.fromCharCode(number >>> 24, (number >>> 16) & 255, (number >>> 8) & 255, number & 255);
        spoilt = spoilt.slice(0, at) + four + spoilt.slice(at + 4);
        break;
      }
      case 3:
        spoilt = spoilt.slice(0, at);
        break;
      case 4:
        spoilt = spoilt.slice(0, at) + spoilt.slice(at + 1 + random(8));
        break;
      default: {
        const from = random(other.length + 1);
        spoilt = spoilt.slice(0, at) + other.slice(from, from + random(64)) + spoilt.slice(at);
      }
    }
  }
  return spoilt as ByteString;
}

/** Most spoilt messages announce their length rightly again, so that what is behind the envelope is looked at. */
function mended(bytes: ByteString): ByteString {
  if (bytes.length < ENVELOPE_BYTES) return bytes;
  const length = bytes.length - ENVELOPE_BYTES;
  const four = String.fromCharCode(length >>> 24, (length >>> 16) & 255, (length >>> 8) & 255, length & 255);
  return (bytes.slice(0, 16) + four + bytes.slice(ENVELOPE_BYTES)) as ByteString;
}

/** Strings, and places in arrays, of everything decoded. */
function weigh(decoded: unknown): number {
  if (typeof decoded === 'string') return decoded.length;
  if (typeof decoded !== 'object' || decoded === null) return 1;
  let weight = 1;
  for (const one of Object.values(decoded)) weight += weigh(one);
  return weight;
}

/** An object for each of the smallest values has eleven members in 26 bytes; header and body are kept beside. */
const WEIGHT_OF_A_BYTE = 4;
const WEIGHT_OF_A_MESSAGE = 200;

export interface Tally {
  decoded: number;
  refused: number;
}

/** One input against the law; throws what breaks it. */
function check(input: ByteString, code: 'MALFORMED_MESSAGE' | 'INVALID_VALUE', tally: Tally, law: () => unknown): void {
  let decoded: unknown;
  try {
    decoded = law();
  } catch (error) {
    if (!isHandleError(error, code)) throw error;
    tally.refused++;
    return;
  }
  if (weigh(decoded) > WEIGHT_OF_A_BYTE * input.length + WEIGHT_OF_A_MESSAGE) {
    throw new Error(`${input.length} bytes became ${weigh(decoded)} things`);
  }
  tally.decoded++;
}

function checkMessage(input: ByteString): unknown {
  const decoded = decodeMessage(input);
  if (encodeMessage(decoded) !== input) throw new Error('A message does not encode to the bytes it was.');
  if (decoded.kind === 'encrypted') decodeDecrypted(decoded.envelope, decoded.bytes);
  else {
    const { envelope, content, credential } = decoded;
    const isOwn = encodeContent(decoded) === content && encodeAround(envelope, content, credential) === input;
    if (!isOwn || !input.endsWith(encodeInner(content, credential))) throw new Error('Content is not its own.');
  }
  return decoded;
}

function checkDatagram(input: ByteString): unknown {
  return decodeDatagram(input);
}

function checkValue(type: string, input: ByteString): unknown {
  const decoded = decodeTyped(type, input);
  if (decoded === null) return null;
  const again = decodeTyped(type, encodeTyped(decoded));
  if (JSON.stringify(again) !== JSON.stringify(decoded)) throw new Error('A value does not come back.');
  return decoded;
}

/** Checks `inputs` spoilt inputs; throws with the seed and the input that broke the law. */
export function fuzz(seed: number, inputs: number): Tally {
  const random = seededNumbers(seed);
  const tally: Tally = { decoded: 0, refused: 0 };
  const datagrams = messages.flatMap(splitMessage);
  for (let i = 0; i < inputs; i++) {
    const other = messages[random(messages.length)] ?? EMPTY_BYTES;
    const kind = random(8);
    const value = values[random(values.length)];
    let input: ByteString;
    if (kind === 0 && value !== undefined) input = spoil(value.data, other, random);
    else if (kind === 1) input = spoil(datagrams[random(datagrams.length)] as ByteString, other, random);
    else {
      const spoilt = spoil(messages[random(messages.length)] as ByteString, other, random);
      input = kind === 2 ? spoilt : mended(spoilt);
    }
    try {
      if (kind === 0 && value !== undefined) check(input, 'INVALID_VALUE', tally, () => checkValue(value.type, input));
      else check(input, 'MALFORMED_MESSAGE', tally, () => (kind === 1 ? checkDatagram(input) : checkMessage(input)));
    } catch (cause) {
      const hex = Buffer.from(input, 'latin1').toString('hex');
      throw new Error(`Input ${i} of seed ${seed} breaks the law: ${hex}`, { cause });
    }
  }
  return tally;
}

// Values on their way to the database and back: byte strings as hexadecimal text, which is how both sides write them, and
// numbers as numbers. Knows no meaning.

import { type ByteString, bytesFromText } from '../domain/bytes.ts';

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** Longer strings are written by the runtime, shorter ones byte by byte, which is then faster. */
const LONG = 64;

function hexOf(bytes: ByteString): string {
  if (bytes.length > LONG) return Buffer.from(bytes, 'latin1').toString('hex');
  let hex = '';
  for (let i = 0; i < bytes.length; i++) hex += HEX[bytes.charCodeAt(i)];
  return hex;
}

export function bytea(bytes: ByteString): Buffer {
  return Buffer.from(bytes, 'latin1');
}

/** A parameter of type `bytea[]`. */
export function byteas(items: readonly (ByteString | null)[]): string {
  let text = '{';
  for (let i = 0; i < items.length; i++) {
    const item = items[i] as ByteString | null;
    if (i > 0) text += ',';
    text += item === null ? 'NULL' : `"\\\\x${hexOf(item)}"`;
  }
  return `${text}}`;
}

/** What cannot stand in a quoted item as it is. */
const UNSAFE = /["\\\0]/;

/** A parameter of type `text[]`. */
export function textArray(items: readonly string[]): string {
  let text = '{';
  for (let i = 0; i < items.length; i++) {
    const item = items[i] as string;
    const safe = UNSAFE.test(item) ? item.replace(/["\\]/g, '\\$&') : item;
    text += i > 0 ? `,"${safe}"` : `"${safe}"`;
  }
  return `${text}}`;
}

/** A parameter of type `bytea[]`, of the texts' UTF-8: most stand in it as they are, which nobody has to decode. */
export function utf8Array(texts: readonly string[]): string {
  let text = '{';
  for (let i = 0; i < texts.length; i++) {
    const item = texts[i] as string;
    const bytes = UNSAFE.test(item) ? `\\\\x${hexOf(bytesFromText(item))}` : item;
    text += i > 0 ? `,"${bytes}"` : `"${bytes}"`;
  }
  return `${text}}`;
}

const INT8 = 20;
const INT2 = 21;
const INT4 = 23;
const BYTEA = 17;
const BOOL = 16;
const TEXT_ARRAY = 1009;

/** What becomes of a column's text, by the number of its type: byte strings and numbers, all else as it came. */
export const COLUMN_TYPES = {
  getTypeParser(type: number): (text: string) => unknown {
    if (type === BYTEA) return bytesFromHex;
    if (type === INT8 || type === INT4 || type === INT2) return Number;
    if (type === BOOL) return (text) => text === 't';
    return type === TEXT_ARRAY ? textsFromArray : (text) => text;
  },
};

function bytesFromHex(text: string): ByteString {
  return Buffer.from(text.slice(2), 'hex').toString('latin1') as ByteString;
}

/** `{a,"b, c",NULL}`. */
function textsFromArray(text: string): string[] {
  const items: string[] = [];
  for (const [, quoted, plain] of text.matchAll(/"((?:[^"\\]|\\.)*)"|([^{},]+)/gu)) {
    items.push(quoted === undefined ? (plain as string) : quoted.replace(/\\(.)/gu, '$1'));
  }
  return items;
}

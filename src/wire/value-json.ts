// Handle values ⇄ the JSON of the Handle.net REST interface. Formatting makes UTF-8 bytes and is the hottest code of the
// node; parsing reads untrusted input. Which values may be shown, and rules of content, are decided elsewhere.

import { type ByteString, bytesFromText, EMPTY_BYTES, textFromBytes } from '../domain/bytes.ts';
import type { Saying } from '../domain/error.ts';
import { DEFAULT_PERMISSIONS, type HandleValue, makeValue, type ValueReference } from '../domain/handle-value.ts';
import { MAX_REFERENCES, MAX_VALUES } from '../domain/limits.ts';
import { formatInstant, parseInstant } from './instant-text.ts';
import {
  INDEX_RANGE,
  INT32_RANGE,
  inputError,
  type JsonObject,
  type Range,
  type Reading,
  readArray,
  readInteger,
  readObject,
  readString,
} from './json-input.ts';
import { parseReferences } from './reference-json.ts';
import { binaryToJson, parseBytes } from './value-bytes-json.ts';

const COMMA = ',';
const LINE_SEPARATORS = /[\u2028\u2029]/g;

/** A JSON string literal as UTF-8 bytes; U+2028 and U+2029 are escaped, so it can stand in JavaScript (JSONP) too. */
export function formatJsonText(text: string): ByteString {
  return formatJson(text);
}

function formatJson(value: unknown): ByteString {
  return bytesFromText(
    JSON.stringify(value).replace(LINE_SEPARATORS, (character) => (character === '\u2028' ? '\\u2028' : '\\u2029')),
  );
}

// The same few heads and tails come back millions of times. Each slot holds the latest one that fell on it: a bounded
// memo without bookkeeping, where a collision costs only the making of a fragment.
const SLOTS = 1024;
const LAST_SLOT = SLOTS - 1;

interface Head {
  readonly index: number;
  readonly type: ByteString;
  /** `{"index":1,"type":"URL","data":{"format":"string","value":"` */
  readonly plain: string;
}

interface Tail {
  readonly timestamp: number;
  readonly ttl: number;
  readonly permissions: number;
  /** `"},"ttl":86400,"timestamp":"2026-11-23T03:51:48Z"}` */
  readonly plain: string;
}

const heads: Head[] = new Array<Head>(SLOTS).fill({ index: -1, type: '' as ByteString, plain: '' });
const tails: Tail[] = new Array<Tail>(SLOTS).fill({ timestamp: -1, ttl: -1, permissions: -1, plain: '' });

/** `{"index":1,"type":"URL","data":{"format":"string","value":"…"},"ttl":86400,"timestamp":"…"}` */
export function formatValue(value: HandleValue): ByteString {
  const memo = value.memo;
  if (memo === null) return renderValue(value);
  memo.json ??= flat(renderValue(value));
  return memo.json;
}

/** JSON array of values. */
export function formatValues(values: readonly HandleValue[]): ByteString {
  const first = values[0];
  if (first === undefined) return '[]' as ByteString;
  return `[${joinedValues(first, values)}]` as ByteString;
}

/** As `formatValues`, without its brackets: to stand beside others in one array. Empty for no values. */
export function formatListed(values: readonly HandleValue[]): ByteString {
  const first = values[0];
  return first === undefined ? EMPTY_BYTES : joinedValues(first, values);
}

/** As `formatListed`, in one piece to be kept, which the values' own memos need not hold too. */
export function formatShared(values: readonly HandleValue[]): ByteString {
  return flat(values.map(renderValue).join(COMMA) as ByteString);
}

/** Sums and not templates, which would ask of each piece whether it is a string. */
function joinedValues(first: HandleValue, values: readonly HandleValue[]): ByteString {
  let json: string = formatValue(first);
  for (let i = 1; i < values.length; i++) json = json + COMMA + formatValue(values[i] as HandleValue);
  return json as ByteString;
}

function renderValue(value: HandleValue): ByteString {
  if (value.dataForm === 'plain' && !value.ttlIsAbsolute && value.references.length === 0) {
    return (plainHead(value.index, value.type) + value.data + plainTail(value)) as ByteString;
  }
  const references = value.references.length === 0 ? '' : `,"references":${formatJson(value.references)}`;
  const ttl = value.ttlIsAbsolute ? `"${formatInstant(value.ttl)}"` : String(value.ttl);
  const type = formatJsonText(textFromBytes(value.type));
  const instants = `"ttl":${ttl},"timestamp":"${formatInstant(value.timestamp)}"`;
  return `{"index":${value.index},"type":${type},"data":${formatBytes(value)}${formatPermissions(value.permissions)},${instants}${references}}` as ByteString;
}

function plainHead(index: number, type: ByteString): string {
  const length = type.length;
  const slot = (index * 31 + length * 7 + type.charCodeAt(0) + type.charCodeAt(length - 1)) & LAST_SLOT;
  const head = heads[slot] as Head;
  if (head.index === index && head.type === type) return head.plain;
  const plain = flat(
    `{"index":${index},"type":${formatJsonText(textFromBytes(type))},"data":{"format":"string","value":"` as ByteString,
  );
  heads[slot] = { index, type, plain };
  return plain;
}

function plainTail(value: HandleValue): string {
  const { timestamp, ttl, permissions } = value;
  const slot = (timestamp + ttl * 7 + permissions) & LAST_SLOT;
  const tail = tails[slot] as Tail;
  if (tail.timestamp === timestamp && tail.ttl === ttl && tail.permissions === permissions) return tail.plain;
  const plain = flat(
    `"}${formatPermissions(permissions)},"ttl":${ttl},"timestamp":"${formatInstant(timestamp)}"}` as ByteString,
  );
  tails[slot] = { timestamp, ttl, permissions, plain };
  return plain;
}

function formatPermissions(permissions: number): string {
  return permissions === DEFAULT_PERMISSIONS ? '' : `,"permissions":"${permissions.toString(2).padStart(4, '0')}"`;
}

function formatBytes(value: HandleValue): string {
  if (value.dataForm === 'plain') return `{"format":"string","value":"${value.data}"}`;
  if (value.dataForm === 'text') return `{"format":"string","value":${formatJsonText(textFromBytes(value.data))}}`;
  return formatJson(binaryToJson(value.type, value.data));
}

/** One piece instead of a tree of joined pieces, which every later use would have to walk. */
function flat(bytes: ByteString): ByteString {
  return Buffer.from(bytes, 'latin1').toString('latin1') as ByteString;
}

const VALUE_MEMBERS: ReadonlySet<string> = new Set([
  'index',
  'type',
  'data',
  'permissions',
  'ttl',
  'timestamp',
  'references',
]);
const PERMISSIONS = /^[01]{4}$/;
/** A binary number below 16, however many digits it has. */
const ANY_PERMISSIONS = /^0*[01]{1,4}$/;
const ALL_PERMISSIONS = 0b1111;
const TTL_RANGE = { min: 0, max: 0x7fff_ffff };
const NO_REFERENCES: readonly ValueReference[] = [];

/**
 * Values from JSON, in the order given. `at` is the JSON pointer of the array. Throws `INVALID_VALUE`. A timestamp is
 * taken and ignored, so what was read can be written back: the registry sets it.
 */
export function parseValues(input: unknown, at: string, reading: Reading = 'strict'): HandleValue[] {
  const items = readArray(input, at, MAX_VALUES);
  const values = new Array<HandleValue>(items.length);
  for (let i = 0; i < items.length; i++) values[i] = parseValue(items[i], `${at}/${i}`, reading);
  return values;
}

const NO_INDEX: Saying = {
  en: 'This value has no index: add "index", a whole number from 1.',
  zh: '该值没有索引：请加上 "index"，从 1 起的整数。',
};
const NO_TYPE: Saying = {
  en: 'This value has no type: add "type", such as "URL".',
  zh: '该值没有类型：请加上 "type"，例如 "URL"。',
};
const NO_DATA: Saying = {
  en: 'This value has no data: add "data", a string or {"format","value"}.',
  zh: '该值没有内容：请加上 "data"，字符串或 {"format","value"}。',
};
const EMPTY_TYPE: Saying = {
  en: 'A type cannot be empty: name one, such as "URL".',
  zh: '类型不能为空：请填写，例如 "URL"。',
};
const NO_PERMISSIONS: Saying = {
  en: 'Write permissions as four digits 0 or 1: admin read, admin write, public read, public write; such as "1110" or, for a private value, "1100".',
  zh: '权限请写成四位 0 或 1：管理读、管理写、公众读、公众写；例如 "1110"，不公开的值用 "1100"。',
};
const NO_TTL: Saying = {
  en: 'Write the ttl as seconds, such as 86400, or as an instant before 2038-01-19, such as "2030-01-31T00:00:00Z".',
  zh: 'ttl 请写成秒数，例如 86400，或 2038-01-19 之前的时刻，例如 "2030-01-31T00:00:00Z"。',
};

function parseValue(input: unknown, at: string, reading: Reading): HandleValue {
  const isStrict = reading === 'strict';
  const item = readObject(input, at, isStrict ? VALUE_MEMBERS : null);
  const { index, type, data, references } = item;
  if (index === undefined) throw inputError(at, NO_INDEX);
  if (type === undefined) throw inputError(at, NO_TYPE);
  if (data === undefined) throw inputError(at, NO_DATA);
  return makeValue({
    // What a server of the handle system says of a bad index is the registry's to say.
    index: readInteger(index, `${at}/index`, isStrict ? INDEX_RANGE : INT32_RANGE),
    type: parseType(type, `${at}/type`),
    data:
      typeof data === 'string' && data.isWellFormed() ? bytesFromText(data) : parseBytes(data, `${at}/data`, reading),
    ...parseTtl(item, at, isStrict ? TTL_RANGE : INT32_RANGE),
    permissions: parsePermissions(item, at, reading),
    references:
      references === undefined ? NO_REFERENCES : parseReferences(references, `${at}/references`, MAX_REFERENCES),
  });
}

function parseType(input: unknown, at: string): ByteString {
  const type = readString(input, at);
  if (type === '') throw inputError(at, EMPTY_TYPE);
  return bytesFromText(type);
}

function parsePermissions(item: JsonObject, at: string, reading: Reading): number {
  const { permissions } = item;
  if (permissions === undefined) return DEFAULT_PERMISSIONS;
  if (reading === 'reference' && permissions === '*') return ALL_PERMISSIONS;
  const form = reading === 'strict' ? PERMISSIONS : ANY_PERMISSIONS;
  if (typeof permissions === 'string' && form.test(permissions)) return Number.parseInt(permissions, 2);
  throw inputError(`${at}/permissions`, NO_PERMISSIONS);
}

const DEFAULT_TTL = {};

function parseTtl(
  item: JsonObject,
  at: string,
  range: Range,
): { readonly ttl?: number; readonly ttlIsAbsolute?: boolean } {
  const { ttl } = item;
  if (ttl === undefined) return DEFAULT_TTL;
  if (typeof ttl !== 'string') return { ttl: readInteger(ttl, `${at}/ttl`, range) };
  const seconds = parseInstant(ttl);
  if (seconds === null || seconds < TTL_RANGE.min || seconds > TTL_RANGE.max) {
    throw inputError(`${at}/ttl`, NO_TTL);
  }
  return { ttl: seconds, ttlIsAbsolute: true };
}

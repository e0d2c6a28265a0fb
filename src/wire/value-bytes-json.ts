// The data of one value ⇄ its JSON `{"format","value"}`: text, raw bytes, and the structures of the handle system.

import { type ByteString, bytesFromText } from '../domain/bytes.ts';
import { isHandleError } from '../domain/error.ts';
import { MAX_VALUE_BYTES } from '../domain/limits.ts';
import { ADMIN_PERMISSION_BITS, type AdminValue, decodeAdmin, encodeAdmin } from './admin-value.ts';
import {
  inputError,
  type JsonObject,
  REFERENCE_INDEX_RANGE,
  type Reading,
  readChoice,
  readInteger,
  readObject,
  readString,
} from './json-input.ts';
import { publicKeyFromJson, publicKeyToJson } from './public-key-json.ts';
import { decodePublicKey, encodePublicKey } from './public-key-value.ts';
import { parseReferences } from './reference-json.ts';
import { decodeReferenceList, encodeReferenceList } from './reference-list.ts';
import { bytesFromBase64, siteFromJson, siteToJson } from './site-json.ts';
import { decodeSite, encodeSite } from './site-value.ts';

type Structure = readonly [format: 'admin' | 'vlist' | 'site' | 'key', value: unknown];

/** By the type's first segment, since HS_SITE.6 is an HS_SITE. */
const STRUCTURES: ReadonlyMap<string, (data: ByteString) => Structure> = new Map<
  string,
  (data: ByteString) => Structure
>([
  ['HS_ADMIN', (data) => ['admin', adminToJson(decodeAdmin(data))]],
  ['HS_VLIST', (data) => ['vlist', decodeReferenceList(data)]],
  ['HS_SITE', (data) => ['site', siteToJson(decodeSite(data))]],
  ['HS_NA_DELEGATE', (data) => ['site', siteToJson(decodeSite(data))]],
  ['HS_PUBKEY', (data) => ['key', publicKeyToJson(decodePublicKey(data))]],
]);

/** JSON of data that is no text: its structure if its type has one and the bytes are well-formed, else base64. */
export function binaryToJson(type: ByteString, data: ByteString): JsonObject {
  const decode = STRUCTURES.get(familyOf(type));
  if (decode !== undefined) {
    try {
      const [format, value] = decode(data);
      return { format, value };
    } catch (error) {
      // Data that does not keep to its type is shown as the bytes it is.
      if (!isHandleError(error, 'INVALID_VALUE')) throw error;
    }
  }
  return { format: 'base64', value: Buffer.from(data, 'latin1').toString('base64') };
}

function familyOf(type: ByteString): string {
  const dot = type.indexOf('.');
  return (dot < 0 ? type : type.slice(0, dot)).toUpperCase();
}

const DATA_MEMBERS: ReadonlySet<string> = new Set(['format', 'value']);
const FORMATS = ['string', 'base64', 'hex', 'admin', 'vlist', 'site', 'key'] as const;
/** The shortest reference of a list takes eight bytes. */
const MAX_LIST_REFERENCES = MAX_VALUE_BYTES / 8;
const HEX = /^(?:[0-9A-Fa-f]{2})*$/;

/** Bytes of the `data` member of a value: a string, or an object that names its format. Throws `INVALID_VALUE`. */
export function parseBytes(input: unknown, at: string, reading: Reading = 'strict'): ByteString {
  if (typeof input === 'string') return bytesFromText(readString(input, at));
  const data = readObject(input, at, DATA_MEMBERS);
  const format = readChoice(data.format, `${at}/format`, FORMATS);
  const place = `${at}/value`;
  switch (format) {
    case 'string':
      return bytesFromText(readString(data.value, place));
    case 'base64':
      return bytesFromBase64(data.value, place);
    case 'hex':
      return bytesFromHex(data.value, place);
    case 'admin':
      return encodeAdmin(adminFromJson(data.value, place, reading));
    case 'vlist':
      return encodeReferenceList(parseReferences(data.value, place, MAX_LIST_REFERENCES));
    case 'site':
      return encodeSite(siteFromJson(data.value, place));
    case 'key':
      return encodePublicKey(publicKeyFromJson(data.value, place));
  }
}

function bytesFromHex(input: unknown, at: string): ByteString {
  const text = readString(input, at);
  if (!HEX.test(text)) {
    const en = 'Write hexadecimal digits, two for each byte, such as "00ff10".';
    throw inputError(at, { en, zh: '请写十六进制数字，每字节两位，例如 "00ff10"。' });
  }
  return Buffer.from(text, 'hex').toString('latin1') as ByteString;
}

const ADMIN_MEMBERS: ReadonlySet<string> = new Set(['handle', 'index', 'permissions']);
const ADMIN_PERMISSIONS = /^[01]{12}$/;
const FEWER_ADMIN_PERMISSIONS = /^[01]{1,12}$/;
const ALL_ADMIN_PERMISSIONS = '1'.repeat(ADMIN_PERMISSION_BITS);

function adminToJson({ handle, index, permissions }: AdminValue): JsonObject {
  return { handle, index, permissions: permissions.toString(2).padStart(ADMIN_PERMISSION_BITS, '0') };
}

function adminFromJson(input: unknown, at: string, reading: Reading): AdminValue {
  const isStrict = reading === 'strict';
  const admin = readObject(input, at, ADMIN_MEMBERS);
  const permissions = !isStrict && admin.permissions === '*' ? ALL_ADMIN_PERMISSIONS : admin.permissions;
  const form = isStrict ? ADMIN_PERMISSIONS : FEWER_ADMIN_PERMISSIONS;
  if (typeof permissions !== 'string' || !form.test(permissions)) {
    const en = 'Write twelve digits 0 or 1, from "list handles" down to "add handle", such as "111111111111".';
    throw inputError(`${at}/permissions`, { en, zh: '请写十二位 0 或 1，例如 "111111111111"。' });
  }
  return {
    handle: readString(admin.handle, `${at}/handle`),
    index: readInteger(admin.index, `${at}/index`, REFERENCE_INDEX_RANGE),
    permissions: Number.parseInt(permissions, 2),
  };
}

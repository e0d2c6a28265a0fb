// The data of every type of value that has a structure (RFC 3651 §3.2 and the reference server), by the type's name ⇄ bytes.
// What a structure means is for others; types without one are bytes.

import { type ByteString, bytesFromText, isUtf8, textFromBytes } from '../domain/bytes.ts';
import { HandleError } from '../domain/error.ts';
import type { ValueReference } from '../domain/handle-value.ts';
import { type AdminValue, decodeAdmin, encodeAdmin } from './admin-value.ts';
import { decodePublicKey, encodePublicKey, type PublicKey } from './public-key-value.ts';
import { decodeReferenceList, encodeReferenceList } from './reference-list.ts';
import { decodeSite, encodeSite, type Site } from './site-value.ts';

export type TypedValue =
  | { readonly kind: 'site'; readonly site: Site }
  /** A handle whose HS_SITE values give the service. */
  | { readonly kind: 'service'; readonly handle: string }
  /** The handle to ask instead. */
  | { readonly kind: 'alias'; readonly handle: string }
  | { readonly kind: 'admin'; readonly admin: AdminValue }
  | { readonly kind: 'list'; readonly references: readonly ValueReference[] }
  | { readonly kind: 'public-key'; readonly key: PublicKey }
  | { readonly kind: 'secret-key'; readonly secret: ByteString }
  /** XML that says how handles of a prefix are made up. */
  | { readonly kind: 'namespace'; readonly xml: string }
  | { readonly kind: 'signature'; readonly signature: JsonWebSignature };

/** The parts of a signature in compact form (RFC 7515 §7.1). Whether it is right is not looked at. */
export interface JsonWebSignature {
  readonly header: ByteString;
  readonly payload: ByteString;
  readonly signature: ByteString;
}

interface Codec {
  readonly decode: (data: ByteString) => TypedValue;
  readonly encode: (value: TypedValue) => ByteString;
}

function codec<K extends TypedValue['kind']>(
  decode: (data: ByteString) => Extract<TypedValue, { kind: K }>,
  encode: (value: Extract<TypedValue, { kind: K }>) => ByteString,
): Codec {
  return { decode, encode: encode as Codec['encode'] };
}

const CODECS: Readonly<Record<TypedValue['kind'], Codec>> = {
  site: codec<'site'>(
    (data) => ({ kind: 'site', site: decodeSite(data) }),
    ({ site }) => encodeSite(site),
  ),
  service: codec<'service'>(
    (data) => ({ kind: 'service', handle: decodeText(data) }),
    ({ handle }) => bytesFromText(handle),
  ),
  alias: codec<'alias'>(
    (data) => ({ kind: 'alias', handle: decodeText(data) }),
    ({ handle }) => bytesFromText(handle),
  ),
  admin: codec<'admin'>(
    (data) => ({ kind: 'admin', admin: decodeAdmin(data) }),
    ({ admin }) => encodeAdmin(admin),
  ),
  list: codec<'list'>(
    (data) => ({ kind: 'list', references: decodeReferenceList(data) }),
    ({ references }) => encodeReferenceList(references),
  ),
  'public-key': codec<'public-key'>(
    (data) => ({ kind: 'public-key', key: decodePublicKey(data) }),
    ({ key }) => encodePublicKey(key),
  ),
  'secret-key': codec<'secret-key'>(
    (data) => ({ kind: 'secret-key', secret: data }),
    ({ secret }) => secret,
  ),
  namespace: codec<'namespace'>(
    (data) => ({ kind: 'namespace', xml: decodeText(data) }),
    ({ xml }) => bytesFromText(xml),
  ),
  signature: codec<'signature'>(
    (data) => ({ kind: 'signature', signature: decodeSignature(data) }),
    ({ signature }) => encodeSignature(signature),
  ),
};

const KINDS: ReadonlyMap<string, TypedValue['kind']> = new Map([
  ['HS_SITE', 'site'],
  ['HS_SITE.6', 'site'],
  ['HS_SITE.PREFIX', 'site'],
  ['HS_NA_DELEGATE', 'site'],
  ['HS_SERV', 'service'],
  ['HS_SERV.PREFIX', 'service'],
  ['HS_ALIAS', 'alias'],
  ['HS_ADMIN', 'admin'],
  ['HS_VLIST', 'list'],
  ['HS_PUBKEY', 'public-key'],
  ['HS_SECKEY', 'secret-key'],
  ['HS_NAMESPACE', 'namespace'],
  ['HS_SIGNATURE', 'signature'],
  ['HS_CERT', 'signature'],
]);

/** Null for a type without structure. Throws `INVALID_VALUE`. */
export function decodeTyped(type: string, data: ByteString): TypedValue | null {
  const kind = KINDS.get(type.toUpperCase());
  return kind === undefined ? null : CODECS[kind].decode(data);
}

export function encodeTyped(value: TypedValue): ByteString {
  return CODECS[value.kind].encode(value);
}

function decodeText(data: ByteString): string {
  if (!isUtf8(data)) throw new HandleError('INVALID_VALUE', 'The bytes are malformed: a text that is not UTF-8.');
  return textFromBytes(data);
}

function decodeSignature(data: ByteString): JsonWebSignature {
  const parts = data.split('.').map((part) => Buffer.from(part, 'base64url'));
  const [header, payload, signature] = parts.map((part) => part.toString('latin1') as ByteString);
  const isExact = parts.map((part) => part.toString('base64url')).join('.') === data;
  if (!isExact || parts.length !== 3 || header === undefined || payload === undefined || signature === undefined) {
    throw new HandleError('INVALID_VALUE', 'The bytes are malformed: no signature in the compact form of RFC 7515.');
  }
  return { header, payload, signature };
}

function encodeSignature({ header, payload, signature }: JsonWebSignature): ByteString {
  const parts = [header, payload, signature].map((part) => Buffer.from(part, 'latin1').toString('base64url'));
  return parts.join('.') as ByteString;
}

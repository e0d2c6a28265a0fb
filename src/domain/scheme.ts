// Which coding scheme a pasted text belongs to, and the one name it has in this node. Pure; who answers for a scheme is
// the routes' to say.

import { HandleError } from './error.ts';
import type { Handle } from './handle.ts';

/** Code types the national system knows. `vaa` is the handles whose prefix begins with 88. */
export type Scheme = 'handle' | 'vaa' | 'oid' | 'ecode' | 'gs1' | 'bid';
export const SCHEMES = ['handle', 'vaa', 'oid', 'ecode', 'gs1', 'bid'] as const satisfies readonly Scheme[];

/**
 * What is no handle gets a name in this prefix, so that caches and resolvers know one kind of name only. Prefixes that
 * begin with `0.` are the handle system's, which has none of these.
 */
const NAME_PREFIXES = { oid: '0.OID', ecode: '0.ECODE', gs1: '0.GS1', bid: '0.DID' } as const;

const WRAPPER = /^(?:https?:\/\/[^/]+\/|hdl:(?:\/\/)?|info:hdl\/)/i;
const VAA_LONG = /^VAA(\d{3})(\d{3})(\d{8})\/(.+)$/is;
/** ITU-T X.660: arcs without leading zeros, the first 0, 1 or 2; at least the three that name a country. */
const OID = /^(?:urn:oid:|oid:)?([0-2](?:\.(?:0|[1-9]\d*)){2,})$/i;
const MAX_OID_LENGTH = 100;
const BID = /^did:bid:(?:[a-z0-9]{4}:)?[ez]f[A-Za-z0-9]{1,80}$/;
/** Version, NSI of four digits (five characters from version 3 on), main code. */
const ECODE = /^(?:ecode:)?((?:[12]\d{4}\d{1,28})|(?:[34][0-9A-Z]{5}[0-9A-Z]{1,39}))$/i;
/** GS1 Digital Link's path, or element strings in brackets: GTIN, then variant, lot and serial in this order. */
const GS1_PATH = /^\/?01\/(\d{8}|\d{12,14})(?:\/22\/([^/]{1,20}))?(?:\/10\/([^/]{1,20}))?(?:\/21\/([^/]{1,20}))?\/?$/;
const GS1_BRACKETS =
  /^\(01\)(\d{8}|\d{12,14})(?:\(22\)([^()]{1,20}))?(?:\(10\)([^()]{1,20}))?(?:\(21\)([^()]{1,20}))?$/;
const GS1_CHARACTERS = /^[!"%&'()*+,\-./0-9:;<=>?A-Z_a-z]+$/;
const GTIN_LENGTH = 14;

/**
 * The name of a text that is no plain handle: wrapped in a URL, of another scheme, or VAA's long form. Null for all else,
 * which is to be read as a handle. Order of recognition: wrapper, `did:`, GS1, handle, VAA, OID, Ecode.
 * Throws `INVALID_HANDLE` for a GTIN whose check digit is wrong.
 */
export function recognise(text: string): { readonly scheme: Scheme; readonly name: string } | null {
  if (isPlainHandle(text)) return null;
  const wrapped = WRAPPER.exec(text);
  const bare = wrapped === null ? text : decoded(text.slice(wrapped[0].length));
  if (BID.test(bare)) return named('bid', bare);
  const gs1 = GS1_PATH.exec(bare) ?? GS1_BRACKETS.exec(bare);
  if (gs1 !== null) return named('gs1', gs1Name(gs1, text));
  const long = VAA_LONG.exec(bare);
  if (long !== null) {
    const [, family = '', node = '', enterprise = '', suffix = ''] = long;
    return { scheme: 'vaa', name: `${Number(family)}.${node}.${enterprise}/${suffix}` };
  }
  if (bare.includes('/')) return wrapped === null ? null : { scheme: 'handle', name: bare };
  const oid = OID.exec(bare)?.[1];
  if (oid !== undefined && oid.length <= MAX_OID_LENGTH) return named('oid', oid);
  const ecode = ECODE.exec(bare)?.[1];
  if (ecode !== undefined) return named('ecode', ecode.toUpperCase());
  return null;
}

/** Digits, a dot and a slash later: nearly every question, so nothing else is looked at. */
function isPlainHandle(text: string): boolean {
  const first = text.charCodeAt(0);
  return first > 0x30 && first <= 0x39 && text.includes('/');
}

function named(scheme: keyof typeof NAME_PREFIXES, text: string): { scheme: Scheme; name: string } {
  return { scheme, name: `${NAME_PREFIXES[scheme]}/${text}` };
}

function decoded(text: string): string {
  try {
    const end = text.search(/[?#]/);
    return decodeURIComponent(end < 0 ? text : text.slice(0, end));
  } catch {
    return text; // not percent-encoded: taken as it stands
  }
}

function gs1Name([, gtin = '', variant, lot, serial]: RegExpExecArray, text: string): string {
  const padded = gtin.padStart(GTIN_LENGTH, '0');
  if (!hasCheckDigit(padded)) throw invalid(text, 'the check digit of its GTIN is wrong: copy it again');
  const parts = [
    ['22', variant],
    ['10', lot],
    ['21', serial],
  ] as const;
  let name = `01/${padded}`;
  for (const [identifier, value] of parts) {
    if (value === undefined) continue;
    if (!GS1_CHARACTERS.test(value)) throw invalid(text, `AI ${identifier} has a character GS1 does not allow`);
    name += `/${identifier}/${value}`;
  }
  return name;
}

/** GS1 General Specifications §7.9: weights 3 and 1 from the left of fourteen digits. */
function hasCheckDigit(gtin: string): boolean {
  let sum = 0;
  for (let i = 0; i < gtin.length; i++) sum += Number(gtin[i]) * (i % 2 === 0 ? 3 : 1);
  return sum % 10 === 0;
}

function invalid(text: string, reason: string): HandleError {
  return new HandleError('INVALID_HANDLE', `${JSON.stringify(text.slice(0, 80))} is not a GS1 code: ${reason}.`);
}

/** The scheme of a name, and what its own upstreams call it. */
export function schemeOf(handle: Handle): { readonly scheme: Scheme; readonly text: string } {
  if (handle.startsWith('0.')) {
    for (const scheme of ['oid', 'ecode', 'gs1', 'bid'] as const) {
      const head = `${NAME_PREFIXES[scheme]}/`;
      if (handle.startsWith(head)) return { scheme, text: handle.slice(head.length) };
    }
  }
  const isVaa = handle.startsWith('88.') || handle.startsWith('0.NA/88.');
  return { scheme: isVaa ? 'vaa' : 'handle', text: handle };
}

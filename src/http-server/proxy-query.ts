// What the address of an identifier asks for beside the identifier: the query of the reference server's proxy, and the wrappings
// in which an identifier is pasted. Pure.

import type { ValueFilter } from '../domain/handle-value.ts';
import { type ApiQuery, isYes, parseApiQuery } from './handle-api-query.ts';

export interface ProxyQuery {
  /** For what is shown as JSON; its filter counts for pages and redirects too. */
  readonly api: ApiQuery;
  readonly filter: ValueFilter;
  readonly bypassCache: boolean;
  /** Show what is registered instead of following it. */
  readonly showsValues: boolean;
  readonly showsLocations: boolean;
  readonly ignoresAliases: boolean;
  /** Put behind the address that is followed. */
  readonly append: string;
  /** Attributes that a location is to have, as `name:value`. */
  readonly wanted: readonly (readonly [name: string, value: string])[];
}

/** Attributes that one question may name: a location has about ten. */
const MAX_WANTED = 16;

/** Throws `INVALID_REQUEST`. */
export function parseProxyQuery(parameters: URLSearchParams): ProxyQuery {
  const api = { ...parseApiQuery(parameters), callback: null };
  const action = parameters.get('action')?.toLowerCase();
  return {
    api,
    filter: api.filter,
    bypassCache: api.bypassCache,
    showsValues: isYes(parameters.get('noredirect')) || action === 'showvalues',
    showsLocations: action === 'showlocs',
    ignoresAliases: isYes(parameters.get('ignore_aliases')),
    append: parameters.get('urlappend') ?? '',
    wanted: parameters
      .getAll('locatt')
      .slice(0, MAX_WANTED)
      .map((text) => {
        const colon = text.indexOf(':');
        return colon < 0 ? [text, ''] : [text.slice(0, colon), text.slice(colon + 1)];
      }),
  };
}

const SCHEME = /^(?:hdl:(?:\/\/)?|doi:|info:(?:hdl|doi)\/)/i;
const URN = /^urn:(?:hdl|doi):/i;
const PROXY = /^https?:\/\/(?:hdl\.handle\.net|(?:www\.|dx\.)?doi\.org)\//i;
/** Looks behind, so that a long run in the middle is gone through once and not from each of its places. */
const BLANK = /^[\s\p{Z}\u200b\ufeff]+|(?<![\s\p{Z}\u200b\ufeff])[\s\p{Z}\u200b\ufeff]+$/gu;

/** The identifier in a text that was pasted: without blanks around it, scheme, or the address of a public proxy. */
export function bareIdentifier(text: string): string {
  const trimmed = text.replace(BLANK, '');
  const bare = trimmed.replace(PROXY, '').replace(SCHEME, '');
  const urn = URN.exec(bare);
  if (urn === null) return bare;
  const name = bare.slice(urn[0].length);
  // In a URN a colon stands for the slash between prefix and suffix.
  return name.includes('/') ? name : name.replace(':', '/');
}

/** The path of an identifier's own address here: two slashes in front would name another host. */
export function pathOfIdentifier(identifier: string): string {
  const path = identifier.toWellFormed().split('/').map(encodeURIComponent).join('/');
  return `/${path.replace(/^\/+/, (slashes) => '%2F'.repeat(slashes.length))}`;
}

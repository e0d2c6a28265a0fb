// Text out of a request path, strictly: percent-encoded well-formed UTF-8, `+` literal (RFC 3986 §2).

import { HandleError } from '../domain/error.ts';

/** Decodes the path from `start` up to the query. Throws `INVALID_HANDLE`. */
export function pathText(url: string, start: number): string {
  const query = url.indexOf('?', start);
  const raw = query < 0 ? url.slice(start) : url.slice(start, query);
  if (!raw.includes('%')) return raw;
  try {
    return decodeURIComponent(raw);
  } catch (cause) {
    throw new HandleError(
      'INVALID_HANDLE',
      'The path is not percent-encoded UTF-8: write each byte of the handle that is not ASCII as %XX, and "%" as %25.',
      { cause },
    );
  }
}

export function queryOf(url: string): URLSearchParams {
  const query = url.indexOf('?');
  return new URLSearchParams(query < 0 ? '' : url.slice(query + 1));
}

const SLASH = 0x2f;
const SCHEME_AND_HOST = /^https?:\/\/[^/?#]*/i;

/** Path and query of a request's target, also of one that names scheme and host, as to a proxy (RFC 9112 §3.2.2). */
export function originForm(target: string): string {
  if (target.charCodeAt(0) === SLASH) return target;
  const [start] = SCHEME_AND_HOST.exec(target) ?? [];
  if (start === undefined) return target;
  const rest = target.slice(start.length);
  return rest.charCodeAt(0) === SLASH ? rest : `/${rest}`;
}

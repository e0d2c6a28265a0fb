// The address that a redirect names: only of the web, in the characters a header may have, and never another host than the one
// that is registered. Pure.

const FOLLOWED: ReadonlySet<string> = new Set(['http:', 'https:', 'ftp:']);
/** What RFC 3986 allows in an address, so that it can go out as it was registered. */
const IS_URI = /^[\w\-.~:/?#[\]@!$&'()*+,;=%]+$/;

/** Null for what is no address of the web. */
export function locationHeader(text: string): string | null {
  const trimmed = text.trim();
  const url = URL.canParse(trimmed) ? new URL(trimmed) : null;
  if (url === null || !FOLLOWED.has(url.protocol)) return null;
  // Names of hosts in other scripts and all else that is no URI are written as one.
  return IS_URI.test(trimmed) ? trimmed : url.href;
}

/** The address with a text put behind it, unless that would make it one of another host. */
export function appended(location: string, text: string): string {
  if (text === '') return location;
  const longer = locationHeader(location + text);
  return longer !== null && new URL(longer).host === new URL(location).host ? longer : location;
}

// Recognises a plain resolution by its bytes: GET of a handle, no query, and no header that its answer could depend on.
// It is no parser of HTTP: what it does not know for certain is read by Node's.

const START = 'GET /api/handles/';
const URL_AT = 'GET '.length;
const VERSION = ' HTTP/1.1';
/** Longer heads are Node's to judge, which refuses them. */
const MAX_LINES_LENGTH = 4096;

/** Visible ASCII but `?` and `#`: with a query, a fragment or other bytes, the parser decides what it is. */
const PLAIN_URL = /^[!"$->@-~]+$/;

/** Field name, colon, visible value (RFC 9112 §5): no folded line, no control character, no space before the colon. */
const FIELD = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\x20-\x7e]*)$/;

/** Fields that change nothing of a public answer. Any other, also an unknown one, makes a request no plain one. */
const HARMLESS: ReadonlySet<string> = new Set([
  'host',
  'connection',
  'accept',
  'accept-encoding',
  'accept-language',
  'cache-control',
  'dnt',
  'pragma',
  'priority',
  'referer',
  'sec-ch-ua',
  'sec-ch-ua-mobile',
  'sec-ch-ua-platform',
  'sec-fetch-dest',
  'sec-fetch-mode',
  'sec-fetch-site',
  'sec-fetch-user',
  'sec-gpc',
  'user-agent',
]);

/** Reads the heads of one connection, whose fields are nearly always the same again and again. */
export class PlainHeads {
  /** Of the request that was read last. */
  url = '';
  /** Where that request ends: it has no body. */
  end = 0;
  /** The fields of an earlier request, found harmless, up to and with the empty line. */
  #known = '';

  /** Whether a whole plain resolution stands at `from`, a position in bytes as `latin1`. */
  read(bytes: string, from: number): boolean {
    if (!bytes.startsWith(START, from)) return false;
    const lineEnd = bytes.indexOf('\r\n', from);
    const urlEnd = lineEnd - VERSION.length;
    if (urlEnd < from + START.length || !bytes.startsWith(VERSION, urlEnd)) return false;
    const url = bytes.slice(from + URL_AT, urlEnd);
    if (!PLAIN_URL.test(url)) return false;
    const fieldsAt = lineEnd + 2;
    if (this.#known === '' || !bytes.startsWith(this.#known, fieldsAt)) {
      const end = bytes.indexOf('\r\n\r\n', lineEnd);
      if (end < 0 || end - fieldsAt > MAX_LINES_LENGTH) return false;
      if (!areHarmless(bytes.slice(fieldsAt, end))) return false;
      this.#known = Buffer.from(bytes.slice(fieldsAt, end + 4), 'latin1').toString('latin1'); // of its own, not a piece
    }
    this.url = url;
    this.end = fieldsAt + this.#known.length;
    return true;
  }
}

/** Whether all of these lines are fields that change nothing, with one host, and the connection is to be kept. */
function areHarmless(lines: string): boolean {
  let hosts = 0;
  for (const line of lines.split('\r\n')) {
    const [, name = '', value = ''] = FIELD.exec(line) ?? [];
    const field = name.toLowerCase();
    if (!HARMLESS.has(field)) return false;
    if (field === 'connection' && value.trimEnd().toLowerCase() !== 'keep-alive') return false;
    if (field === 'host') {
      if (value.trimEnd() === '') return false;
      hosts++;
    }
  }
  return hosts === 1;
}

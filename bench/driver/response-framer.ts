// Finds where HTTP/1.1 responses end in a stream of bytes, as cheaply as a load driver needs it. It understands
// Content-Length and chunked bodies (RFC 9112 §6) and nothing else of HTTP.

const CARRIAGE_RETURN = 13;
const HEAD_END = Buffer.from('\r\n\r\n');
/** Bytes of a body's end that are kept over a read's edge, for checks of what an answer ends with. */
const TAIL_BYTES = 256;
/** A response head larger than this is a mistake of the server. */
const MAX_HEAD_BYTES = 65_536;

/** Told of every complete response; `tail()` gives the last bytes of its body, at most 256. */
export type OnResponse = (status: number, bodyBytes: number, tail: () => string) => void;

export class ResponseFramer {
  readonly #onResponse: OnResponse;
  #state: 'head' | 'body' | 'chunks' = 'head';
  /** Bytes of a head or chunk line that the next read completes. */
  #carry: Buffer | null = null;
  #status = 0;
  #remaining = 0;
  #bodyBytes = 0;
  #tail = '';
  #lastRead: Buffer = HEAD_END;
  #tailFrom = 0;
  #tailEnd = 0;
  /** Where Content-Length's number stood in the last head: servers repeat themselves. */
  #lengthAt = -1;
  readonly #readTail = (): string => {
    const from = Math.max(this.#tailFrom, this.#tailEnd - TAIL_BYTES);
    return (this.#tail + this.#lastRead.toString('latin1', from, this.#tailEnd)).slice(-TAIL_BYTES);
  };

  constructor(onResponse: OnResponse) {
    this.#onResponse = onResponse;
  }

  /** Takes the first `length` bytes of `buffer`, which may be reused afterwards. Throws on what is no HTTP response. */
  feed(buffer: Buffer, length: number): void {
    let input = buffer;
    let end = length;
    if (this.#carry !== null) {
      input = Buffer.concat([this.#carry, buffer.subarray(0, length)]);
      end = input.length;
      this.#carry = null;
    }
    let at = 0;
    while (at < end) {
      const next = this.#state === 'head' ? this.#head(input, at, end) : this.#content(input, at, end);
      if (next < 0) {
        this.#carry = Buffer.from(input.subarray(at, end));
        if (this.#carry.length > MAX_HEAD_BYTES) throw new Error('A response head is longer than 64 KiB.');
        return;
      }
      at = next;
    }
  }

  #head(input: Buffer, at: number, end: number): number {
    const found = input.indexOf(HEAD_END, at);
    if (found < 0 || found + 4 > end) return -1;
    const bodyAt = found + 4;
    this.#status = ((input[at + 9] ?? 0) - 48) * 100 + ((input[at + 10] ?? 0) - 48) * 10 + ((input[at + 11] ?? 0) - 48);
    if (!(this.#status >= 100 && this.#status <= 599)) throw new Error('The server did not answer with HTTP.');
    this.#bodyBytes = 0;
    this.#tail = '';
    const length = this.#contentLength(input, at, found);
    if (length < 0) {
      this.#state = 'chunks';
      return bodyAt;
    }
    this.#remaining = length;
    this.#bodyBytes = length;
    if (bodyAt + length <= end) {
      this.#finish(input, bodyAt + length, bodyAt);
      return bodyAt + length;
    }
    this.#state = 'body';
    return bodyAt;
  }

  /** The body's length, -1 if it is chunked. */
  #contentLength(input: Buffer, at: number, headEnd: number): number {
    const guess = at + this.#lengthAt;
    // "…gth: " before the number is enough to recognise a head laid out like the last one.
    if (
      this.#lengthAt > 0 &&
      guess < headEnd &&
      input[guess - 1] === 32 &&
      input[guess - 2] === 58 &&
      input[guess - 3] === 104
    ) {
      return readDecimal(input, guess);
    }
    const head = input.toString('latin1', at, headEnd + 2).toLowerCase();
    const named = head.indexOf('\r\ncontent-length: ');
    if (named >= 0) {
      this.#lengthAt = named + 18;
      return readDecimal(input, at + this.#lengthAt);
    }
    if (head.includes('\r\ntransfer-encoding: chunked\r\n')) return -1;
    if (this.#status === 204 || this.#status === 304) return 0;
    throw new Error('A response has neither Content-Length nor chunks.');
  }

  #content(input: Buffer, at: number, end: number): number {
    if (this.#state === 'chunks' && this.#remaining === 0) return this.#chunkLine(input, at, end);
    const taken = Math.min(this.#remaining, end - at);
    this.#remaining -= taken;
    if (this.#state === 'body' && this.#remaining === 0) this.#finish(input, at + taken, at);
    else this.#keepTail(input, at, at + taken);
    return at + taken;
  }

  /** A chunk's length line (RFC 9112 §7.1); a chunk's closing CR LF is counted as part of it. */
  #chunkLine(input: Buffer, at: number, end: number): number {
    let lineEnd = at;
    while (lineEnd < end && input[lineEnd] !== CARRIAGE_RETURN) lineEnd++;
    if (lineEnd + 2 > end) return -1;
    const size = Number.parseInt(input.toString('latin1', at, lineEnd), 16);
    if (!(size >= 0)) throw new Error('A chunk has no length.');
    if (size === 0) {
      if (lineEnd + 4 > end) return -1; // no trailers: the empty line follows at once
      this.#finish(input, at, at);
      return lineEnd + 4;
    }
    this.#bodyBytes += size;
    this.#remaining = size + 2;
    return lineEnd + 2;
  }

  #keepTail(input: Buffer, from: number, to: number): void {
    this.#tail = (this.#tail + input.toString('latin1', Math.max(from, to - TAIL_BYTES), to)).slice(-TAIL_BYTES);
  }

  #finish(input: Buffer, bodyEnd: number, bodyFrom: number): void {
    this.#state = 'head';
    this.#remaining = 0;
    this.#lastRead = input;
    this.#tailFrom = bodyFrom;
    this.#tailEnd = bodyEnd;
    this.#onResponse(this.#status, this.#bodyBytes, this.#readTail);
  }
}

function readDecimal(input: Buffer, at: number): number {
  let value = 0;
  for (let i = at; ; i++) {
    const digit = (input[i] ?? 0) - 48;
    if (digit < 0 || digit > 9) return value;
    value = value * 10 + digit;
  }
}

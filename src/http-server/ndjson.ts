// Lines out of a stream of bytes, bounded: a line that is too long is named, not kept.

/** Bytes of one line: a handle of 2,048 bytes with every byte escaped as JSON, and room for white space. */
export const MAX_LINE_BYTES = 16_384;

const NOT_BLANK = /[^ \t]/;

/** A line as bytes (each character one byte, without its end), or null in place of one that was too long. */
export type Line = string | null;

/** Feeds on chunks in order; lines come out whole, whatever the cuts. Blank lines are dropped. */
export class LineSplitter {
  readonly #limit: number;
  #rest = '';
  /** Inside a line that was too long, whose null has been given out. */
  #skipping = false;

  constructor(limit: number) {
    this.#limit = limit;
  }

  push(chunk: Buffer): Line[] {
    const lines: Line[] = [];
    const bytes = this.#rest + chunk.toString('latin1');
    let start = 0;
    for (let end = bytes.indexOf('\n'); end >= 0; end = bytes.indexOf('\n', start)) {
      this.#take(bytes.slice(start, end), lines);
      start = end + 1;
    }
    this.#rest = bytes.slice(start);
    // One more may be the carriage return, which does not count.
    if (this.#rest.length > this.#limit + 1) {
      if (!this.#skipping) lines.push(null);
      this.#skipping = true;
      this.#rest = '';
    }
    return lines;
  }

  /** What stands after the last line end. */
  end(): Line[] {
    const lines: Line[] = [];
    this.#take(this.#rest, lines);
    this.#rest = '';
    return lines;
  }

  #take(line: string, lines: Line[]): void {
    if (this.#skipping) {
      this.#skipping = false;
      return;
    }
    const text = line.endsWith('\r') ? line.slice(0, -1) : line;
    if (text.length > this.#limit) lines.push(null);
    else if (NOT_BLANK.test(text)) lines.push(text);
  }
}

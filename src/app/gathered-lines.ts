// Lines gathered for a moment, so that many travel in one piece: each journey on its own costs more than the line. It reads
// none of them. What a crash loses is what was gathered last.

export interface GatheredLinesOptions {
  /** Text of one piece, unless a single line is longer. */
  readonly maxLength: number;
  /** How long a line may wait for others. */
  readonly maxWaitMs: number;
  /** Takes a piece: whole lines, each with its newline. */
  readonly take: (text: string, lines: number) => void;
}

export class GatheredLines {
  readonly #options: GatheredLinesOptions;
  #text = '';
  #lines = 0;
  #timer: NodeJS.Timeout | null = null;

  constructor(options: GatheredLinesOptions) {
    this.#options = options;
  }

  /** `line` ends with its newline. */
  add(line: string): void {
    if (this.#text.length + line.length > this.#options.maxLength) this.handOver();
    this.#text += line;
    this.#lines += 1;
    this.#timer ??= setTimeout(() => this.handOver(), this.#options.maxWaitMs).unref();
  }

  /** At once, what was gathered. */
  handOver(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#lines === 0) return;
    const [text, lines] = [this.#text, this.#lines];
    this.#text = '';
    this.#lines = 0;
    this.#options.take(text, lines);
  }
}

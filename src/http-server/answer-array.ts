// A JSON array of answers, written into memory of its own as they come, so that none of them has to be kept.

import type { ByteString } from '../domain/bytes.ts';
import { HandleError } from '../domain/error.ts';
import { MAX_BATCH_ANSWER_BYTES } from '../domain/limits.ts';

const INITIAL_BYTES = 65_536;
/** A comma before, the bracket after. */
const PUNCTUATION_BYTES = 2;

export class AnswerArray {
  #bytes = Buffer.allocUnsafeSlow(INITIAL_BYTES);
  #length = 0;

  /** Throws `PAYLOAD_TOO_LARGE` if all of them would be too much to send. */
  push(answer: ByteString): void {
    const needed = this.#length + answer.length + PUNCTUATION_BYTES;
    if (needed > MAX_BATCH_ANSWER_BYTES) {
      throw new HandleError(
        'PAYLOAD_TOO_LARGE',
        `The answers take more than ${MAX_BATCH_ANSWER_BYTES} bytes: ask for fewer handles a call, or stream them as NDJSON.`,
      );
    }
    if (needed > this.#bytes.length) this.#bytes = resized(this.#bytes, Math.max(needed, 2 * this.#bytes.length));
    this.#bytes[this.#length] = this.#length === 0 ? OPENING_BRACKET : COMMA;
    this.#length += 1;
    this.#length += this.#bytes.write(answer, this.#length, 'latin1');
  }

  /** The finished array. Nothing may be pushed afterwards. */
  end(): Buffer<ArrayBuffer> {
    if (this.#length === 0) this.#bytes[this.#length++] = OPENING_BRACKET;
    this.#bytes[this.#length++] = CLOSING_BRACKET;
    return resized(this.#bytes, this.#length);
  }
}

const OPENING_BRACKET = 0x5b;
const CLOSING_BRACKET = 0x5d;
const COMMA = 0x2c;

/** Gives back the old memory at once: what lies outside of its heap, the collector is late to see. */
function resized(bytes: Buffer<ArrayBuffer>, length: number): Buffer<ArrayBuffer> {
  return Buffer.from(bytes.buffer.transfer(length));
}

/** Gives back the memory of an answer that has been sent. */
export function release(answer: Buffer<ArrayBuffer>): void {
  answer.buffer.transfer(0);
}

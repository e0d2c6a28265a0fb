// A recall in its stored form, the same in records and in commits on their way: reason, notice, and how long before
// `second` it began. Pure.

import { AT_COMMIT } from '../domain/handle-value.ts';
import type { Recall } from '../domain/recall.ts';
import type { PackedReader, PackedWriter } from './packed-bytes.ts';

/** `second` is what `AT_COMMIT` means. */
export function encodeRecall({ reason, notice, timestamp }: Recall, second: number, out: PackedWriter): void {
  out.text(reason);
  out.text(notice);
  out.signed(timestamp === AT_COMMIT ? 0 : second - timestamp);
}

/** Throws `STORE_FORMAT`. */
export function decodeRecall(from: PackedReader, second: number): Recall {
  return { reason: from.text(), notice: from.text(), timestamp: second - from.signed() };
}

// Bytes as immutable strings. Pure; knows nothing of what the bytes mean.

/**
 * Bytes as a string: every character is one byte, 0–255. Compares with `===`, needs no copy to be safe, joins and
 * slices at no cost, and goes to a socket as `latin1`. Text becomes a ByteString as its UTF-8 bytes.
 */
export type ByteString = string & { readonly __brand: 'ByteString' };

export const EMPTY_BYTES = '' as ByteString;

const ONLY_ASCII = /^[\x00-\x7f]*$/;

/** The UTF-8 bytes of `text`. Lone surrogates become U+FFFD: check `isWellFormed()` where that matters. */
export function bytesFromText(text: string): ByteString {
  return (ONLY_ASCII.test(text) ? text : Buffer.from(text, 'utf8').toString('latin1')) as ByteString;
}

/** The text of UTF-8 bytes; ill-formed sequences become U+FFFD, so ask `isUtf8` first where that matters. */
export function textFromBytes(bytes: ByteString): string {
  return ONLY_ASCII.test(bytes) ? bytes : Buffer.from(bytes, 'latin1').toString('utf8');
}

interface LatinSlices {
  latin1Slice(start: number, end: number): string;
}

/** Bytes out of a buffer: as `toString('latin1')`, which looks the encoding's name up each time. */
export function bytesIn(buffer: Buffer, start: number, end: number): ByteString {
  return (buffer as Buffer & LatinSlices).latin1Slice(start, end) as ByteString;
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Whether the bytes are well-formed UTF-8 (RFC 3629). */
export function isUtf8(bytes: ByteString): boolean {
  if (ONLY_ASCII.test(bytes)) return true;
  try {
    utf8.decode(Buffer.from(bytes, 'latin1'));
    return true;
  } catch {
    return false; // TextDecoder's only way to say "ill-formed"
  }
}

/** UTF-8 length of a text. */
export function utf8Length(text: string): number {
  return ONLY_ASCII.test(text) ? text.length : Buffer.byteLength(text, 'utf8');
}

// In which of the encodings that Chinese spreadsheets are saved in a text file is, told by its first bytes.

import { isAscii, isUtf8 } from 'node:buffer';
import { HandleError } from '../domain/error.ts';

export type TextEncoding = 'utf-8' | 'gb18030';

/** Bytes that are looked at: some thousand rows, and more than any heading. */
export const ENCODING_SAMPLE_BYTES = 1_048_576;

const NEWLINE = 0x0a;
const UTF8_MARK = Buffer.from([0xef, 0xbb, 0xbf]);
const UTF16_MARKS = [Buffer.from([0xff, 0xfe]), Buffer.from([0xfe, 0xff])];

/**
 * UTF-8 if it says so or could be; else GB18030, if more of its lines are that. Throws `INVALID_REQUEST` for UTF-16.
 * `sample` may end in the middle of a character.
 */
export function detectEncoding(sample: Buffer): TextEncoding {
  if (UTF16_MARKS.some((mark) => sample.subarray(0, 2).equals(mark))) {
    throw new HandleError(
      'INVALID_REQUEST',
      'The file is UTF-16 ("Unicode text"): save it as "CSV UTF-8" in Excel or WPS, and import that.',
      { zh: '文件是 UTF-16（“Unicode 文本”）：请在 Excel 或 WPS 中另存为“CSV UTF-8”再导入。' },
    );
  }
  if (sample.subarray(0, 3).equals(UTF8_MARK)) return 'utf-8';
  let utf8Lines = 0;
  let otherLines = 0;
  for (let start = 0; start < sample.length; ) {
    const newline = sample.indexOf(NEWLINE, start);
    // The last line may be cut; alone, it is all there is.
    if (newline < 0 && utf8Lines + otherLines > 0) break;
    const line = sample.subarray(start, newline < 0 ? sample.length : newline);
    if (!isAscii(line)) {
      if (isUtf8(line)) utf8Lines++;
      else otherLines++;
    }
    start = newline < 0 ? sample.length : newline + 1;
  }
  return otherLines > utf8Lines ? 'gb18030' : 'utf-8';
}

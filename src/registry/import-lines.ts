// Bytes of an import file → its lines, in constant memory. Knows neither NDJSON nor CSV; refuses lines that are in another
// encoding than their file.

import { isAscii, isUtf8 } from 'node:buffer';
import { HandleError, type Saying } from '../domain/error.ts';
import { MAX_ROW_BYTES } from '../domain/limits.ts';
import type { TextEncoding } from './import-encoding.ts';

export interface Line {
  /** From 1. */
  readonly number: number;
  readonly text: string;
  /** Why the line cannot be read; then `text` is empty. */
  readonly error: HandleError | null;
}

const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/**
 * The lines of each chunk at once, so that a line costs no wait. Line ends and a byte-order mark are taken off. No
 * character of either encoding has the byte of a line end in it. `firstLine`: of a source that is a part of a file.
 */
export async function* readLines(
  source: AsyncIterable<Buffer>,
  encoding: TextEncoding = 'utf-8',
  firstLine = 1,
): AsyncGenerator<readonly Line[]> {
  const decode = encoding === 'utf-8' ? decodeLine : decodeGb18030Line;
  let number = firstLine - 1;
  let rest: Buffer[] = [];
  let restBytes = 0;
  const endLine = (tail: Buffer): Line => {
    number++;
    if (restBytes + tail.length > MAX_ROW_BYTES) return brokenLine(number, 'PAYLOAD_TOO_LARGE', TOO_LONG);
    const bytes = restBytes === 0 ? tail : Buffer.concat([...rest, tail]);
    return decode(number, withoutReturn(number === 1 ? withoutMark(bytes) : bytes));
  };
  for await (const chunk of source) {
    const lines: Line[] = [];
    const plainAs = encoding === 'utf-8' ? encodingOfLines(chunk) : null;
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      if (plainAs !== null && restBytes === 0 && number > 0 && end - start <= MAX_ROW_BYTES) {
        number++;
        const last = end > start && chunk[end - 1] === CARRIAGE_RETURN ? end - 1 : end;
        lines.push({ number, text: chunk.toString(plainAs, start, last), error: null });
      } else lines.push(endLine(chunk.subarray(start, end)));
      rest = [];
      restBytes = 0;
      start = end + 1;
    }
    // Of a line that is too long only its length is kept.
    restBytes += chunk.length - start;
    if (restBytes > MAX_ROW_BYTES) rest = [];
    else if (start < chunk.length) rest.push(chunk.subarray(start));
    if (lines.length > 0) yield lines;
  }
  if (restBytes > 0) yield [endLine(Buffer.alloc(0))];
}

/**
 * How all lines that lie in a chunk from end to end can be read, without a look at each; null if one of them may be
 * damaged. What is ASCII is read fastest as `latin1`.
 */
function encodingOfLines(chunk: Buffer): 'latin1' | 'utf8' | null {
  if (isAscii(chunk)) return 'latin1';
  return isUtf8(chunk.subarray(chunk.indexOf(NEWLINE) + 1, chunk.lastIndexOf(NEWLINE) + 1)) ? 'utf8' : null;
}

const TOO_LONG: Saying = {
  en: `This row has more than ${MAX_ROW_BYTES} bytes: divide it, or check that its lines end where they should.`,
  zh: `该行超过 ${MAX_ROW_BYTES} 字节：请拆分，或检查换行是否正确。`,
};
const NOT_UTF8: Saying = {
  en: 'This row is not UTF-8: save the file as UTF-8 (in Excel or WPS: Save as, "CSV UTF-8") and import it again.',
  zh: '该行不是 UTF-8 编码：请在 Excel 或 WPS 中另存为“CSV UTF-8”后重新导入。',
};
const NOT_GB18030: Saying = {
  en: 'This row is not GB18030 as the rest of the file: its bytes are damaged. Save the file as UTF-8 (in Excel or WPS: Save as, "CSV UTF-8") and import it again.',
  zh: '该行不是文件其余部分所用的 GB18030 编码，字节已损坏：请在 Excel 或 WPS 中另存为“CSV UTF-8”后重新导入。',
};
const MIXED: Saying = {
  en: 'This row is UTF-8 and the rest of the file GB18030: the file was put together from two. Save each part as UTF-8 and import it again.',
  zh: '该行是 UTF-8 编码，文件其余部分是 GB18030：文件由两部分拼成。请把每部分都存为 UTF-8 后重新导入。',
};
const gb18030 = new TextDecoder('gb18030', { fatal: true });

function decodeLine(number: number, line: Buffer): Line {
  if (!isUtf8(line)) return brokenLine(number, 'INVALID_REQUEST', NOT_UTF8);
  return { number, text: line.toString('utf8'), error: null };
}

function decodeGb18030Line(number: number, line: Buffer): Line {
  if (isAscii(line)) return { number, text: line.toString('latin1'), error: null };
  // In UTF-8 a Chinese character takes three bytes, in GB18030 two: hardly any text is both.
  if (isUtf8(line)) return brokenLine(number, 'INVALID_REQUEST', MIXED);
  try {
    return { number, text: gb18030.decode(line), error: null };
  } catch {
    return brokenLine(number, 'INVALID_REQUEST', NOT_GB18030); // TextDecoder's only way to say "ill-formed"
  }
}

function brokenLine(number: number, code: 'INVALID_REQUEST' | 'PAYLOAD_TOO_LARGE', { en, zh }: Saying): Line {
  return { number, text: '', error: new HandleError(code, en, { at: `line ${number}`, zh }) };
}

function withoutReturn(bytes: Buffer): Buffer {
  return bytes.at(-1) === CARRIAGE_RETURN ? bytes.subarray(0, -1) : bytes;
}

function withoutMark(bytes: Buffer): Buffer {
  return bytes.subarray(0, 3).equals(BYTE_ORDER_MARK) ? bytes.subarray(3) : bytes;
}

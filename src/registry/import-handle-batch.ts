// The batch text of the reference Handle server (HSv9 technical manual, "Batch Operation"): `CREATE handle`, a line for each
// value, a blank line. Blocks become registrations; what cannot be carried over is a broken row that says so.

import { HandleError, isHandleError } from '../domain/error.ts';
import { MAX_VALUES } from '../domain/limits.ts';
import { type Line, readLines } from './import-lines.ts';
import type { ImportRow } from './import-rows.ts';

/** Blocks that set up a session of the old server: nothing here corresponds to them. */
const SKIPPED = /^(AUTHENTICATE|SESSIONSETUP)\b/;
const CREATE = /^CREATE\s+(.+)$/;
const OPERATION = /^(DELETE|ADD|REMOVE|MODIFY|HOME|UNHOME)\b/;
/** index type ttl permissions form content */
const VALUE = /^(\d+)\s+(\S+)\s+(\d+)\s+([01]{4})\s+(\S+)(?:\s(.*))?$/;
const ADMIN = /^(\d+):([01]{12}):(.+)$/;
const LISTED = /^(\d+):(.+)$/;

/** Bits of HS_ADMIN in the order of the batch text, as the JSON form counts them (least significant first). */
const ADMIN_BITS = [0, 1, 2, 3, 4, 5, 6, 10, 7, 8, 9, 11];

/** Turns a finished registration into a row: what can be known to be wrong is found there. */
export type RowMaker = (line: number, item: object) => ImportRow;

/** A block as it is gathered. */
interface Block {
  readonly line: number;
  /** Null for one that is passed over. */
  readonly handle: string | null;
  readonly values: object[];
  /** The first thing that was wrong with it. */
  error: HandleError | null;
}

export async function* readHandleBatch(source: AsyncIterable<Buffer>, rowOf: RowMaker): AsyncGenerator<ImportRow> {
  let block: Block | null = null;
  for await (const lines of readLines(source)) {
    for (const line of lines) {
      const isBlank = line.error === null && line.text.trim() === '';
      const begins = block === null || CREATE.test(line.text);
      if (block !== null && (isBlank || begins)) yield* rowsOf(block, rowOf);
      if (isBlank) block = null;
      else if (begins) block = beginBlock(line);
      else if (block !== null) addLine(block, line);
    }
  }
  if (block !== null) yield* rowsOf(block, rowOf);
}

function* rowsOf({ line, handle, values, error }: Block, rowOf: RowMaker): Generator<ImportRow> {
  if (error !== null) yield { line, handle: handle ?? '', error };
  else if (handle !== null) yield rowOf(line, { handle, values });
}

function beginBlock({ number: line, text, error }: Line): Block {
  if (error !== null) return { line, handle: null, values: [], error };
  if (SKIPPED.test(text)) return { line, handle: null, values: [], error: null };
  const handle = CREATE.exec(text)?.[1]?.trim();
  if (handle !== undefined) return { line, handle, values: [], error: null };
  const message = OPERATION.test(text)
    ? 'Only CREATE is imported: write what stands in the end as CREATE.'
    : 'A block begins with CREATE and a handle, and a blank line stands before it.';
  return { line, handle: null, values: [], error: new HandleError('INVALID_REQUEST', message, { at: `line ${line}` }) };
}

function addLine(block: Block, { number, text, error }: Line): void {
  // Lines of a block that is passed over, or that is broken already, say nothing more.
  if (block.error !== null || block.handle === null) return;
  try {
    if (error !== null) throw error;
    if (block.values.length === MAX_VALUES)
      throw new HandleError('INVALID_VALUE', `A record has at most ${MAX_VALUES} values.`);
    block.values.push(readValue(text));
  } catch (fault) {
    if (!isHandleError(fault)) throw fault;
    block.error = new HandleError(fault.code, fault.message, { cause: fault, at: `line ${number}` });
  }
}

function readValue(text: string): object {
  const [, index, type, ttl, permissions, form, content = ''] = VALUE.exec(text) ?? [];
  if (index === undefined || form === undefined) {
    throw new HandleError(
      'INVALID_VALUE',
      'Write a value as index, type, ttl, permissions and data, such as "1 URL 86400 1110 UTF8 https://example.com".',
    );
  }
  return { index: Number(index), type, ttl: Number(ttl), permissions, data: contentOf(form, content) };
}

function contentOf(form: string, content: string): object {
  switch (form) {
    case 'UTF8':
    case 'ASCII':
      return { format: 'string', value: content };
    case 'ADMIN':
      return { format: 'admin', value: adminOf(content) };
    case 'LIST':
      return {
        format: 'vlist',
        value: content
          .split(';')
          .filter((one) => one.trim() !== '')
          .map(referenceOf),
      };
    case 'FILE':
      throw new HandleError(
        'INVALID_VALUE',
        `The data stands in a file of the old server (${content}): write its content here, or leave the value out.`,
      );
    default:
      throw new HandleError('INVALID_VALUE', `${form} is no form of data: it is UTF8, ASCII, ADMIN or LIST.`);
  }
}

function adminOf(content: string): object {
  const [, index, bits, handle] = ADMIN.exec(content.trim()) ?? [];
  if (bits === undefined)
    throw new HandleError(
      'INVALID_VALUE',
      'Write an administrator as index:permissions:handle, with twelve digits 0 or 1.',
    );
  const number = ADMIN_BITS.reduce((sum, bit, i) => sum + (bits[i] === '1' ? 2 ** bit : 0), 0);
  return { handle, index: Number(index), permissions: number.toString(2).padStart(ADMIN_BITS.length, '0') };
}

function referenceOf(text: string): object {
  const [, index, handle] = LISTED.exec(text.trim()) ?? [];
  if (handle === undefined) throw new HandleError('INVALID_VALUE', 'Write a list as index:handle;index:handle.');
  return { index: Number(index), handle };
}

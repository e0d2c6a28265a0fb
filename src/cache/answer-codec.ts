// Answers of others ⇄ the text that a shared cache holds. Reads what any node wrote, of whatever version, and takes what
// it does not know for nothing. Pure.

import type { ByteString } from '../domain/bytes.ts';
import type { ForeignAnswer } from '../domain/foreign-answer.ts';
import { type HandleValue, makeValue } from '../domain/handle-value.ts';

/** Another shape gets another number, so that two versions of the node can share a cache. */
const VERSION = 1;

export function encodeAnswer(answer: ForeignAnswer): string {
  const { learnedAt } = answer;
  if (answer.kind === 'not-found') return JSON.stringify([VERSION, learnedAt]);
  return JSON.stringify([VERSION, learnedAt, answer.values.map(rowOf)]);
}

export function rowOf(value: HandleValue): readonly unknown[] {
  const { index, type, data, ttl, ttlIsAbsolute, timestamp, permissions, references } = value;
  return [index, type, data, ttl, ttlIsAbsolute, timestamp, permissions, references];
}

/** Null for what is no answer of this version. */
export function decodeAnswer(text: string): ForeignAnswer | null {
  let input: unknown;
  try {
    input = JSON.parse(text);
  } catch {
    return null; // cut off, or somebody else's
  }
  if (!Array.isArray(input) || input[0] !== VERSION || !Number.isFinite(input[1])) return null;
  const [, learnedAt, rows] = input as [number, number, unknown];
  if (rows === undefined) return { kind: 'not-found', learnedAt };
  const values = valuesIn(rows);
  return values === null ? null : { kind: 'found', values, learnedAt };
}

/** Of what `rowOf` made; null if it is anything else. */
export function valuesIn(rows: unknown): readonly HandleValue[] | null {
  if (!Array.isArray(rows)) return null;
  const values: HandleValue[] = [];
  for (const row of rows) {
    const value = valueIn(row);
    if (value === null) return null;
    values.push(value);
  }
  return values;
}

/** Of answers of several sites the one learned last; null if none is one. */
export function newestOf(texts: readonly string[]): ForeignAnswer | null {
  const answers = texts.map(decodeAnswer).filter((answer) => answer !== null);
  return answers.toSorted((a, b) => b.learnedAt - a.learnedAt)[0] ?? null;
}

const ONLY_BYTES = /^[\x00-\xff]*$/;

function valueIn(row: unknown): HandleValue | null {
  if (!Array.isArray(row) || row.length !== 8) return null;
  const [index, type, data, ttl, ttlIsAbsolute, timestamp, permissions, references] = row;
  const isBytes = (text: unknown): text is ByteString => typeof text === 'string' && ONLY_BYTES.test(text);
  const areNumbers = [index, ttl, timestamp, permissions].every(Number.isInteger);
  if (!areNumbers || !isBytes(type) || !isBytes(data) || !Array.isArray(references)) return null;
  return makeValue({
    index,
    type,
    data,
    ttl,
    ttlIsAbsolute: ttlIsAbsolute === true,
    timestamp,
    permissions,
    references,
  });
}

// Reads for those who look for a record, from PostgreSQL. Never writes.

import type { ByteString } from '../domain/bytes.ts';
import type { Handle } from '../domain/handle.ts';
import { handleOf, type PostgresView, suffixAfter } from './postgres-record-reading.ts';
import { READ } from './postgres-statements.ts';
import { bytea } from './postgres-values.ts';
import { isDeleted, judgeState, STATE_BYTES } from './record-codec.ts';
import type { SearchReader, StatePage, StateQuestion, ValueHit, ValueQuestion } from './registry-store.ts';
import { cutTerm } from './search-terms.ts';

export function searchReaderOf(view: PostgresView): SearchReader {
  return {
    findByValue: (question) => findByValue(view, question),
    findByState: (question) => findByState(view, question),
  };
}

interface HitRow {
  readonly term: ByteString;
  readonly suffix: ByteString;
}

async function findByValue({ pool }: PostgresView, question: ValueQuestion): Promise<readonly ValueHit[]> {
  const { prefix, type, match, after, limit } = question;
  if (limit <= 0) return [];
  const value = cutTerm(question.value);
  const [term, from] = [bytea(after?.value ?? value), suffixAfter(after?.handle ?? null)];
  const rows =
    match === 'exact'
      ? await pool.query<HitRow>(READ.searchExact, [prefix, bytea(type), bytea(value), from, limit])
      : await pool.query<HitRow>(READ.searchBeginning, [
          ...[prefix, bytea(type), bytea(value), bytea(`${value}\xff` as ByteString)],
          ...[term, from, limit],
        ]);
  return rows.map((row) => ({ handle: handleOf(prefix, row.suffix), value: row.term }));
}

/** Looks at the first bytes of each record alone; what is deleted costs a look, too. */
async function findByState({ pool }: PostgresView, question: StateQuestion): Promise<StatePage> {
  const { prefix, state, after, limit, rows } = question;
  const handles: Handle[] = [];
  if (limit <= 0) return { handles, next: null };
  const seen = await pool.query<{ suffix: ByteString; body: ByteString }>(READ.beginnings, [
    ...[prefix, suffixAfter(after), rows, STATE_BYTES],
  ]);
  for (const { suffix, body } of seen) {
    if (isDeleted(body) || !judgeState(body, state)) continue;
    const handle = handleOf(prefix, suffix);
    handles.push(handle);
    if (handles.length >= limit) return { handles, next: handle };
  }
  const last = seen.length >= rows ? seen.at(-1) : undefined;
  return { handles, next: last === undefined ? null : handleOf(prefix, last.suffix) };
}

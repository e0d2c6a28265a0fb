// The search index of the memory store: terms of searchable values, sorted with the suffixes of their records.

import { type ByteString, bytesFromText, textFromBytes } from '../domain/bytes.ts';
import { type Handle, prefixOf, suffixOf } from '../domain/handle.ts';
import type { HandleRecord } from '../domain/handle-record.ts';
import type { ValueHit, ValueQuestion } from './registry-store.ts';
import { cutTerm, termsOf } from './search-terms.ts';
import { SortedNames } from './sorted-names.ts';

const END = '\x00';

/** A live record and the indexes of its searchable values. */
export interface Searchable {
  readonly record: HandleRecord | null;
  readonly searchable: readonly number[];
}

export class MemorySearch {
  /** By prefix and type: text, 0, suffix. */
  readonly #names = new Map<string, SortedNames>();

  replace(handle: Handle, before: Searchable, after: Searchable): void {
    for (const [table, name] of rowsOf(handle, before)) this.#tableOf(table).remove(name);
    for (const [table, name] of rowsOf(handle, after)) this.#tableOf(table).add(name);
  }

  find({ prefix, type, match, after, limit, ...question }: ValueQuestion): ValueHit[] {
    const value = cutTerm(question.value);
    const low = match === 'exact' ? value + END : value;
    const hits: ValueHit[] = [];
    const start = after === null ? low : `${after.value}${END}${bytesFromText(suffixOf(after.handle))}`;
    for (const name of this.#tableOf(`${prefix} ${type}`).after(start as ByteString)) {
      if (!name.startsWith(low) || hits.length >= limit) break;
      const end = name.indexOf(END);
      const handle = `${prefix}/${textFromBytes(name.slice(end + 1) as ByteString)}` as Handle;
      hits.push({ handle, value: name.slice(0, end) as ByteString });
    }
    return hits;
  }

  #tableOf(table: string): SortedNames {
    const known = this.#names.get(table) ?? new SortedNames();
    this.#names.set(table, known);
    return known;
  }
}

function rowsOf(handle: Handle, { record, searchable }: Searchable): (readonly [table: string, name: ByteString])[] {
  const values = (record?.values ?? []).filter(({ index }) => searchable.includes(index));
  const suffix = bytesFromText(suffixOf(handle));
  return termsOf(values).map(({ type, text }) => [
    `${prefixOf(handle)} ${type}`,
    `${text}${END}${suffix}` as ByteString,
  ]);
}

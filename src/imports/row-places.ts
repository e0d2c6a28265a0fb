// Where in the file a row's fault is: the JSON pointers of the registry told as lines and columns.

import { type CsvMapping, parseMapping } from '../registry/import-mapping.ts';
import { placeOf } from '../registry/import-sheet.ts';
import type { JobSettings } from './job.ts';

/** Of the last mapping asked for: a job has one. */
let known: { readonly from: unknown; readonly mapping: CsvMapping } | null = null;

/** `line 3, column SKU`, or `line 3, /values/0` where the file has no columns. `pointer` is '' for the whole row. */
export function placeInFile(
  line: number,
  pointer: string,
  { mapping }: JobSettings,
  valueIndexes: () => readonly number[],
): string {
  if (mapping === null || pointer === '') return placeOf({ line, places: null }, pointer);
  const { handle, parent, template, values } = mappingOf(mapping);
  const named = { '/handle': handle, '/parent': parent, '/template': template }[pointer]?.names[0];
  if (named !== undefined) return `line ${line}, column ${named}`;
  const places = valueIndexes().map((index) => {
    const value = values.find((each) => each.index === index);
    return value?.text.names[0] ?? value?.type ?? '';
  });
  return placeOf({ line, places }, pointer);
}

function mappingOf(from: unknown): CsvMapping {
  if (known !== null && known.from === from) return known.mapping;
  const mapping = parseMapping(from);
  known = { from, mapping };
  return mapping;
}

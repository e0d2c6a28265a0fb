// `?provenance=true`: which record each value of an answer comes from. Pure rendering, apart from the plain answers, which
// pay nothing for it.

import type { Found } from '../domain/answer.ts';
import type { ByteString } from '../domain/bytes.ts';
import type { HandleValue } from '../domain/handle-value.ts';
import { RECALL_INDEX } from '../domain/recall.ts';
import { formatJsonText, formatValue } from '../wire/value-json.ts';

/** JSON array of values of this answer, each with the handle of the record it stands in as `from`. */
export function formatSourcedValues(answer: Found, values: readonly HandleValue[]): ByteString {
  const sources = new Map<HandleValue, string>();
  for (const record of [answer.record, ...answer.ancestors]) {
    for (const value of record.values) sources.set(value, record.handle);
  }
  // The notice stands in no record as a value: it comes from the nearest one that is recalled.
  const recalledBy = answer.recalls[0]?.by ?? answer.handle;
  const sourced = values.map((value) => {
    const from = sources.get(value) ?? (value.index === RECALL_INDEX ? recalledBy : answer.handle);
    return `${formatValue(value).slice(0, -1)},"from":${formatJsonText(from)}}`;
  });
  return `[${sourced.join(',')}]` as ByteString;
}

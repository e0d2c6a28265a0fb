// A page of a history as JSON. Values are written as everywhere, byte for byte.

import { type ByteString, bytesFromText } from '../domain/bytes.ts';
import type { HandleValue } from '../domain/handle-value.ts';
import type { HistoryPage, RecordChange } from '../registry/registry.ts';
import { formatValue } from '../wire/value-json.ts';
import { formatMilliseconds } from './instants.ts';

export function historyJson({ handle, items, next }: HistoryPage): ByteString {
  const head = bytesFromText(JSON.stringify({ handle }).slice(0, -1));
  const cursor = JSON.stringify(next === null ? null : String(next));
  return `${head},"items":[${items.map(changeJson).join(',')}],"next":${cursor}}` as ByteString;
}

function changeJson({ revision, at, action, cause, differences }: RecordChange): string {
  const head = {
    revision,
    at: formatMilliseconds(at),
    action,
    principalId: cause?.principalId ?? null,
    requestId: cause?.requestId ?? null,
    sequence: cause?.sequence ?? null,
  };
  return `${bytesFromText(JSON.stringify(head).slice(0, -1))},"changes":[${differences.map(differenceJson).join(',')}]}`;
}

function differenceJson(difference: RecordChange['differences'][number]): string {
  if (difference.field !== 'value' || 'hidden' in difference) return bytesFromText(JSON.stringify(difference));
  const { field, index, before, after } = difference;
  return `{"field":"${field}","index":${index},"before":${valueJson(before)},"after":${valueJson(after)}}`;
}

function valueJson(value: HandleValue | null): string {
  return value === null ? 'null' : formatValue(value);
}

// What distinguishes two states of a record, field by field and value by value. Pure.

import type { HandleRecord } from './handle-record.ts';
import { type HandleValue, sameValue } from './handle-value.ts';

const TEXT_FIELDS = ['status', 'parent', 'template', 'reason'] as const;
const RECALL_FIELDS = ['recallReason', 'recallNotice'] as const;
type TextField = (typeof TEXT_FIELDS)[number] | (typeof RECALL_FIELDS)[number];

/** A null side: the field, or the whole record, was not there. */
export type RecordDifference =
  | { readonly field: TextField; readonly before: string | null; readonly after: string | null }
  /** Indexes in the order of the record, where nothing but the order changed. */
  | { readonly field: 'order'; readonly before: readonly number[]; readonly after: readonly number[] }
  | {
      readonly field: 'value';
      readonly index: number;
      readonly before: HandleValue | null;
      readonly after: HandleValue | null;
    };

/** Null for a record that is not there (not yet, or deleted). Values are in order of their index; timestamps do not count. */
export function differencesOf(before: HandleRecord | null, after: HandleRecord | null): readonly RecordDifference[] {
  const [old, next] = [textsOf(before), textsOf(after)];
  const texts = [...TEXT_FIELDS, ...RECALL_FIELDS].flatMap((field): RecordDifference[] =>
    old[field] === next[field] ? [] : [{ field, before: old[field], after: next[field] }],
  );
  const values = valueDifferences(before?.values ?? [], after?.values ?? []);
  if (texts.length + values.length > 0 || before === null || after === null) return [...texts, ...values];
  const [from, to] = [before.values, after.values].map((all) => all.map(({ index }) => index)) as [number[], number[]];
  return from.some((index, i) => index !== to[i]) ? [{ field: 'order', before: from, after: to }] : [];
}

function textsOf(record: HandleRecord | null): Record<TextField, string | null> {
  return {
    status: record?.status ?? null,
    parent: record?.parent ?? null,
    template: record?.template ?? null,
    reason: record?.reason ?? null,
    recallReason: record?.recall?.reason ?? null,
    recallNotice: record?.recall?.notice ?? null,
  };
}

function valueDifferences(before: readonly HandleValue[], after: readonly HandleValue[]): RecordDifference[] {
  const from = new Map(before.map((value) => [value.index, value]));
  const to = new Map(after.map((value) => [value.index, value]));
  const indexes = [...new Set([...from.keys(), ...to.keys()])].sort((a, b) => a - b);
  return indexes.flatMap((index): RecordDifference[] => {
    const [old, next] = [from.get(index) ?? null, to.get(index) ?? null];
    const same = old !== null && next !== null && sameValue(old, next);
    return same ? [] : [{ field: 'value', index, before: old, after: next }];
  });
}

// Dictionaries and arbitrary records for the tests of stored formats.

import fc from 'fast-check';
import { type ByteString, bytesFromText } from '../../src/domain/bytes.ts';
import type { ChangeEntry } from '../../src/domain/change.ts';
import { HandleError } from '../../src/domain/error.ts';
import type { Handle } from '../../src/domain/handle.ts';
import type { RecordDraft } from '../../src/domain/handle-record.ts';
import { type HandleValue, makeValue } from '../../src/domain/handle-value.ts';
import type { Recall } from '../../src/domain/recall.ts';
import type { RowNames } from '../../src/store/change-row-codec.ts';
import type { NamesByNumber, NumberOfNames } from '../../src/store/record-codec.ts';

/** A dictionary in memory that holds so many names of each kind. */
export function dictionary(capacity = 100): NumberOfNames & NamesByNumber & RowNames {
  const kinds = new Map<string, string[]>();
  const idOf = (kind: string, name: string): number => {
    const names = kinds.get(kind) ?? [];
    kinds.set(kind, names);
    if (!names.includes(name) && names.length < capacity) names.push(name);
    return names.indexOf(name) + 1;
  };
  const nameOf = <T extends string>(kind: string, id: number): T => {
    const name = kinds.get(kind)?.[id - 1];
    if (name === undefined) throw new HandleError('STORE_FORMAT', `no ${kind} ${id}`);
    return name as T;
  };
  return {
    typeId: (type) => idOf('type', type),
    type: (id) => nameOf('type', id),
    templateId: (template) => idOf('template', template),
    template: (id) => nameOf('template', id),
    node: (id) => `88.118.1/NODE-${id}` as Handle,
    prefixId: (prefix) => idOf('prefix', prefix),
    prefix: (id) => nameOf('prefix', id),
    principalId: (principal) => idOf('principal', principal),
    principal: (id) => nameOf('principal', id),
  };
}

export const anyBytes: fc.Arbitrary<ByteString> = fc
  .uint8Array({ maxLength: 60 })
  .map((bytes) => Buffer.from(bytes).toString('latin1') as ByteString);

export const anyText: fc.Arbitrary<string> = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 });

export const anyHandle: fc.Arbitrary<Handle> = anyText.map((suffix) => `88.118.10023/${suffix}` as Handle);

/** Instants around the one from which the format counts, and far from it. */
export const anyInstant: fc.Arbitrary<number> = fc.oneof(
  fc.integer({ min: 0, max: 4_102_444_800_000 }),
  fc.constantFrom(0, 1, Date.UTC(2020, 0, 1) - 1, Date.UTC(2020, 0, 1), Date.UTC(2040, 0, 1)),
);

const anyValue: fc.Arbitrary<HandleValue> = fc
  .record({
    index: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
    type: fc.constantFrom('URL', 'HS_ADMIN', 'NAME', '产品').map((type) => bytesFromText(type)),
    data: fc.oneof(anyBytes, fc.constantFrom('', 'x'.repeat(127), 'x'.repeat(128), 'y'.repeat(20_000))),
    ttl: fc.oneof(fc.constant(86_400), fc.integer({ min: 0, max: 2 ** 32 - 1 })),
    ttlIsAbsolute: fc.boolean(),
    timestamp: fc.integer({ min: 1, max: 2 ** 32 - 1 }),
    permissions: fc.integer({ min: 0, max: 15 }),
    references: fc.array(fc.record({ handle: anyText, index: fc.integer({ min: 0, max: 2 ** 31 - 1 }) }), {
      maxLength: 3,
    }),
  })
  .map((given) => makeValue({ ...given, data: given.data as ByteString }));

const anyRecall: fc.Arbitrary<Recall | null> = fc.option(
  fc.record({ reason: anyText, notice: anyText, timestamp: fc.integer({ min: 1, max: 2 ** 32 - 1 }) }),
);

export const anyBody: fc.Arbitrary<Pick<RecordDraft, 'template' | 'reason' | 'recall' | 'values'>> = fc.record({
  template: fc.option(anyHandle),
  reason: fc.option(anyText),
  recall: anyRecall,
  values: fc.array(anyValue, { maxLength: 6 }),
});

export const anyDraft: fc.Arbitrary<RecordDraft> = fc.record({
  status: fc.constantFrom('reserved', 'active', 'revoked'),
  parent: fc.option(anyHandle),
  template: fc.option(anyHandle),
  reason: fc.option(anyText),
  recall: anyRecall,
  values: fc.array(anyValue, { maxLength: 6 }),
});

export const anyEntry: fc.Arbitrary<ChangeEntry> = fc.oneof(
  fc.record({
    subject: fc.constant('record' as const),
    action: fc.constantFrom('created', 'updated', 'revoked', 'deleted', 'recalled', 'recall-lifted'),
    name: fc
      .tuple(fc.constantFrom('88.118.1', '88.118.2', '0.NA'), anyText)
      .map(([prefix, suffix]) => `${prefix}/${suffix}`),
    revision: fc.integer({ min: 1, max: 2 ** 32 }),
  }),
  fc.record({
    subject: fc.constant('template' as const),
    action: fc.constantFrom('created', 'updated'),
    name: anyText.map((suffix) => `88.118.1/${suffix}`),
    revision: fc.integer({ min: 1, max: 300 }),
  }),
  fc.record({
    subject: fc.constantFrom('enterprise', 'principal', 'key', 'home'),
    action: fc.constantFrom('created', 'updated', 'revoked'),
    name: anyText,
    revision: fc.integer({ min: 1, max: 300 }),
  }),
);

/** Whatever decoding does, it ends with a result or with `STORE_FORMAT`. */
export function decodesOrRefuses(decode: () => unknown): boolean {
  try {
    decode();
    return true;
  } catch (error) {
    return error instanceof HandleError && error.code === 'STORE_FORMAT';
  }
}

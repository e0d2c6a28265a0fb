// What the tests of stores are written with: drafts, changes, requests, and a store over a clock that the test moves.

import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ByteString, bytesFromText } from '../../src/domain/bytes.ts';
import type { Change, ChangeOutcome, VisibleChange } from '../../src/domain/change.ts';
import { tagFromDigest } from '../../src/domain/check-tag.ts';
import { HandleError } from '../../src/domain/error.ts';
import type { Handle } from '../../src/domain/handle.ts';
import type { RecordDraft } from '../../src/domain/handle-record.ts';
import { type HandleValue, makeValue } from '../../src/domain/handle-value.ts';
import { type Lot, type LotDraft, type LotTags, lotIdOf } from '../../src/domain/lot.ts';
import type { Prefix } from '../../src/domain/prefix.ts';
import type { TemplateElement } from '../../src/domain/template.ts';
import type { CommitRequest, CommitResult, RegistryStore, TallyKeeper } from '../../src/store/registry-store.ts';

/** 2026-03-01 12:00 in China. */
export const NOON = Date.UTC(2026, 2, 1, 4);
export const DAY_MS = 86_400_000;

export const P = '88.118.10023' as Prefix;

/** A store, its clock, and what it announced. */
export interface StoreFixture {
  readonly store: RegistryStore;
  /** The store's own end in the thread that writes. */
  readonly writer: TallyKeeper;
  readonly clock: { nowMs: number };
  readonly visible: VisibleChange[];
  close(): Promise<void>;
}

export function h(suffix: string, prefix: string = P): Handle {
  return `${prefix}/${suffix}` as Handle;
}

export function text(index: number, data: string, more: Partial<Parameters<typeof makeValue>[0]> = {}): HandleValue {
  return makeValue({ index, type: bytesFromText('NAME'), data: bytesFromText(data), ...more });
}

export function draft(more: Partial<RecordDraft> = {}): RecordDraft {
  return { status: 'active', parent: null, template: null, reason: null, recall: null, values: [], ...more };
}

export function put(handle: Handle, expectedRevision = 0, more: Partial<RecordDraft> = {}): Change {
  return { kind: 'put-record', handle, expectedRevision, draft: draft(more) };
}

/** Opens secrets that begin with `good`. */
export const LOT_TAGS: LotTags = {
  tagOf(lot, digits) {
    const secret = lot.sealedSecret ?? '';
    if (!secret.startsWith('good')) throw new HandleError('LOT_KEY_MISSING', 'The key of lots is not at hand.');
    return tagFromDigest(
      createHmac('sha256', secret).update(`${lot.prefix}/${lot.head}${digits}`).digest('latin1') as ByteString,
      lot.tagLength,
    );
  },
};

/** Registers `SOFA-0000` to `SOFA-0999`, without check tags. */
export function lot(
  name: string,
  more: Partial<LotDraft> = {},
  expectedRevision = 0,
): Extract<Change, { kind: 'put-lot' }> {
  return { kind: 'put-lot', expectedRevision, lot: lotDraft(name, more) };
}

export function lotDraft(name: string, more: Partial<LotDraft> = {}): LotDraft {
  const prefix = more.prefix ?? P;
  const shape = { head: 'SOFA-', width: 4, tagLength: 0, from: 0, to: 999, sealedSecret: null };
  const rest = { parent: null, template: null, values: [], state: 'open', reason: null, splitFrom: null } as const;
  return { id: lotIdOf(prefix, name), prefix, ...shape, ...rest, ...more };
}

/** What a writer says of a lot that stands, with something else. */
export function lotAgain(stands: Lot, more: Partial<LotDraft>): Extract<Change, { kind: 'put-lot' }> {
  const { revision, createdAt: _c, updatedAt: _u, ...draft } = stands;
  return { kind: 'put-lot', expectedRevision: revision, lot: { ...draft, ...more } };
}

export function remove(handle: Handle, expectedRevision: number): Change {
  return { kind: 'delete-record', handle, expectedRevision };
}

export function element(index: number, more: Partial<TemplateElement> = {}): TemplateElement {
  const rules = { minLength: null, maxLength: null, pattern: null, minimum: null, maximum: null, decimals: null };
  const marks = { required: false, searchable: false, disabled: false, unit: null, choices: [], fileTypes: [] };
  const name = { zh: `要素 ${index}`, en: `Element ${index}` };
  return { index, type: `TYPE_${index}`, kind: 'string', name, ...marks, ...rules, ...more };
}

export function template(
  handle: Handle,
  expectedRevision = 0,
  elements: readonly TemplateElement[] = [element(2000)],
): Extract<Change, { kind: 'put-template' }> {
  const name = { zh: '家具', en: 'Furniture' };
  const rest = { description: null, industry: 'C2110', carrier: 'passive', isOpen: false } as const;
  return { kind: 'put-template', expectedRevision, template: { handle, name, ...rest, elements } };
}

export function request(changes: readonly Change[], more: Partial<CommitRequest> = {}): CommitRequest {
  return { principalId: 'operator', requestId: 'request-1', changes, idempotency: null, ...more };
}

export function commit(store: RegistryStore, ...changes: Change[]): Promise<CommitResult> {
  return store.commit(request(changes));
}

/** Commits changes that must all be applied. */
export async function apply(store: RegistryStore, ...changes: Change[]): Promise<readonly number[]> {
  const { outcomes } = await commit(store, ...changes);
  return outcomes.map((outcome) => {
    if (!outcome.ok) throw new Error(`${outcome.code}: ${outcome.message}`);
    return outcome.revision;
  });
}

/** Revision or code of each outcome. */
export function words(outcomes: readonly ChangeOutcome[]): (number | string)[] {
  return outcomes.map((outcome) => (outcome.ok ? outcome.revision : outcome.code));
}

export function temporaryDirectory(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'jiabiao-store-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

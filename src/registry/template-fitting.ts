// Holds a registration against the newest version of its template, together with what it inherits. A registration that
// names no template costs nothing here.

import type { EpochTable } from '../cache/epoch-table.ts';
import { HandleError, type Saying } from '../domain/error.ts';
import { type Handle, prefixOf, suffixOf } from '../domain/handle.ts';
import type { HandleRecord, RecordDraft } from '../domain/handle-record.ts';
import { MAX_COMPILED_TEMPLATES, MAX_INHERITANCE_DEPTH } from '../domain/limits.ts';
import { isSerial, type Lot, lotAsAncestor, readDigits } from '../domain/lot.ts';
import { isWithin, type Prefix } from '../domain/prefix.ts';
import type { Template, TemplateElement } from '../domain/template.ts';
import type { Awaitable, LotReader, TemplateReader } from '../store/registry-store.ts';
import type { LookUp } from './parent-check.ts';
import type { TemplateElements } from './registry.ts';
import { Remembered } from './remembered.ts';
import {
  assertFits,
  type CompiledTemplate,
  compileTemplate,
  judgeValues,
  type Mismatch,
  missingElements,
  searchableIn,
  stillMissing,
} from './template-rules.ts';

/** What would be written, over what stands. */
export interface Candidate {
  readonly handle: Handle;
  readonly draft: RecordDraft;
  readonly current: HandleRecord | null;
  /** Finds ancestors. */
  readonly lookUp: LookUp;
  /** Of a record: finds the lot it lies in, through which it inherits. */
  readonly findLot?: LotReader['findLot'];
}

export class Fitting implements TemplateElements {
  /** Until a new version is put: workers that were told of it compile that. */
  readonly #compiled: Remembered<CompiledTemplate>;
  readonly #ownPrefix: Prefix;

  constructor(store: TemplateReader, epochs: EpochTable, ownPrefix: Prefix) {
    this.#ownPrefix = ownPrefix;
    this.#compiled = new Remembered<CompiledTemplate>({
      epochs,
      kind: 'template',
      read: (handle) => compiledOf(store.template(handle as Handle)),
      keepsAbsence: false,
      limit: MAX_COMPILED_TEMPLATES,
    });
  }

  elementsOf(template: Handle): Awaitable<readonly TemplateElement[]> {
    const compiled = this.#compiled.get(template);
    return compiled instanceof Promise ? compiled.then(elementsIn) : elementsIn(compiled);
  }

  /**
   * Throws `INVALID_TEMPLATE` where the template cannot be used, `INVALID_VALUE` where the record does not fit it. At
   * once if all is at hand. A revocation always fits.
   */
  assertFits(candidate: Candidate): Awaitable<void> {
    const { template, status } = candidate.draft;
    if (template === null || status === 'revoked') return;
    if (isNewlyNamed(candidate)) assertUsable(candidate.handle, template, this.#ownPrefix);
    const compiled = this.#compiled.get(template);
    if (compiled instanceof Promise) return compiled.then((found) => judge(found, candidate));
    return judge(compiled, candidate);
  }

  /** Which values of a draft records are found by, as its template has it now; at once if it is at hand. */
  searchableIn(draft: RecordDraft): Awaitable<Searchable> {
    if (draft.template === null) return NOT_SEARCHABLE;
    const compiled = this.#compiled.get(draft.template);
    return compiled instanceof Promise
      ? compiled.then((found) => searchableOf(found, draft))
      : searchableOf(compiled, draft);
  }
}

/** What a store is told beside a draft. */
export interface Searchable {
  readonly searchable?: readonly number[];
}

const NOT_SEARCHABLE: Searchable = {};

function searchableOf(compiled: CompiledTemplate | null, { values }: RecordDraft): Searchable {
  const searchable = searchableIn(compiled, values);
  return searchable === undefined ? NOT_SEARCHABLE : { searchable };
}

function elementsIn(compiled: CompiledTemplate | null): readonly TemplateElement[] {
  return compiled?.template.elements ?? [];
}

function compiledOf(template: Awaitable<Template | null>): Awaitable<CompiledTemplate | null> {
  if (template instanceof Promise) return template.then(compiledOf);
  return template === null ? null : compileTemplate(template);
}

function judge(compiled: CompiledTemplate | null, candidate: Candidate): Awaitable<void> {
  const { handle, draft, current, lookUp, findLot } = candidate;
  const isNew = isNewlyNamed(candidate);
  if (compiled === null) {
    // Named before there were templates here, or at the node it came from: it goes on standing.
    if (!isNew) return;
    throw unusable({
      en: `${draft.template} is no template of this node: put it first, or name another.`,
      zh: `本节点没有模板 ${draft.template}：请先建立模板，或另选模板。`,
    });
  }
  const standing = isNew ? null : current;
  const mismatches = judgeValues(compiled, draft.values, standing);
  const missing = missingElements(compiled, draft, standing);
  const judgement = { compiled, mismatches, missing, lookUp };
  if (missing.length === 0 || draft.parent !== null || findLot === undefined) {
    return climb(judgement, draft.parent, 1);
  }
  const lot = findLot(handle);
  if (lot instanceof Promise) return lot.then((found) => climbThroughLot(judgement, handle, found));
  return climbThroughLot(judgement, handle, lot);
}

interface Judgement {
  readonly compiled: CompiledTemplate;
  readonly mismatches: readonly Mismatch[];
  readonly missing: readonly TemplateElement[];
  readonly lookUp: LookUp;
}

/** What is missing may come from an ancestor. */
function climb(judgement: Judgement, parent: Handle | null, depth: number): Awaitable<void> {
  const { compiled, mismatches, missing, lookUp } = judgement;
  if (missing.length === 0 || parent === null || depth >= MAX_INHERITANCE_DEPTH) {
    assertFits(compiled, mismatches, missing);
    return;
  }
  const ancestor = lookUp(parent);
  if (ancestor instanceof Promise) return ancestor.then((found) => climbOn(judgement, found, depth));
  return climbOn(judgement, ancestor, depth);
}

/** A record within a lot inherits through it. Whether it is one of its codes is judged elsewhere. */
function climbThroughLot(judgement: Judgement, handle: Handle, lot: Lot | null): Awaitable<void> {
  const digits = lot === null ? '' : readDigits(lot, suffixOf(handle));
  if (lot === null || !isSerial(digits)) return climb(judgement, null, 1);
  return climbOn(judgement, lotAsAncestor(lot, digits), 1);
}

function climbOn(judgement: Judgement, ancestor: HandleRecord | null, depth: number): Awaitable<void> {
  // Without its parent it is refused in any case: nothing can be said of what it would have inherited.
  if (ancestor === null) return climb({ ...judgement, missing: [] }, null, depth);
  const missing = stillMissing(judgement.missing, ancestor);
  return climb({ ...judgement, missing }, ancestor.parent, depth + 1);
}

function isNewlyNamed({ draft, current }: Candidate): boolean {
  return current === null || current.template !== draft.template;
}

/** Templates of the record's own prefix, or of one above it, and those of the node. */
function assertUsable(handle: Handle, template: Handle, ownPrefix: Prefix): void {
  const [own, of] = [prefixOf(handle), prefixOf(template)];
  if (of === ownPrefix || isWithin(own, of)) return;
  throw unusable({
    en: `${template} is no template for ${own}: name one of ${own}, or one of the node (${ownPrefix}/…).`,
    zh: `模板 ${template} 不能用于 ${own}：请用 ${own} 的模板，或节点的模板（${ownPrefix}/…）。`,
  });
}

function unusable({ en, zh }: Saying): HandleError {
  return new HandleError('INVALID_TEMPLATE', en, { at: '/template', zh });
}

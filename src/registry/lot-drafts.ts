// What a lot says, made of what a writer gave: its place under a homed prefix, its parent, and values that fit every code
// of it.

import { type Enterprise, judgeQuota } from '../domain/enterprise.ts';
import { HandleError } from '../domain/error.ts';
import { type Handle, isSystemPrefix, prefixOf, suffixOf } from '../domain/handle.ts';
import { keepTimestamps } from '../domain/handle-record.ts';
import type { HandleValue } from '../domain/handle-value.ts';
import { isInheritable } from '../domain/inheritance.ts';
import { digitsOf, filledValues, type Lot, type LotDraft } from '../domain/lot.ts';
import { assertLotNumbers } from '../domain/lot-rules.ts';
import { type Prefix, parsePrefix } from '../domain/prefix.ts';
import type { Principal } from '../domain/principal.ts';
import type { RegistryStore } from '../store/registry-store.ts';
import type { Admission } from './admission.ts';
import { judgeValueTypes } from './authorization.ts';
import type { NewLot } from './lot-registry.ts';
import type { Fitting } from './template-fitting.ts';
import { assertNoNotice, assertValues } from './value-rules.ts';

export interface LotDraftsOptions {
  readonly store: RegistryStore;
  readonly admission: Admission;
  readonly fitting: Fitting;
}

type Content = Pick<LotDraft, 'parent' | 'template' | 'values'>;

export class LotDrafts {
  readonly #options: LotDraftsOptions;

  constructor(options: LotDraftsOptions) {
    this.#options = options;
  }

  /** Prefix and head as they are stored: under a prefix that folds case in upper case. Throws what its numbers break. */
  placeOf(given: NewLot): { readonly prefix: Prefix; readonly head: string } {
    const prefix = parsePrefix(given.prefix);
    if (isSystemPrefix(prefix)) {
      const message = `${prefix} is of the handle system: register lots under the prefix of an enterprise.`;
      throw new HandleError('INVALID_REQUEST', message, { at: '/prefix' });
    }
    assertLotNumbers({ ...given, prefix });
    const first = this.#options.admission.parseStorable(
      `${prefix}/${given.head}${digitsOf(given, given.from)}`,
      '/head',
    );
    return { prefix: prefixOf(first), head: suffixOf(first).slice(0, -given.width) };
  }

  /** What every code answers with. `before`: the lot that stands. */
  async contentOf(
    principal: Principal,
    given: Omit<NewLot, 'prefix'> & { readonly prefix: Prefix },
    before: Lot | null,
  ): Promise<Content> {
    const { admission } = this.#options;
    const parent = given.parent === null ? null : admission.parseNamed(given.parent, '/parent');
    const template = given.template === null ? null : admission.parseNamed(given.template, '/template');
    const verdict = judgeValueTypes(principal, before?.values ?? [], given.values);
    if (verdict !== null) throw verdict;
    for (const [i, value] of given.values.entries()) assertOfProduct(value, i);
    assertNoNotice(given.values, before?.values ?? []);
    const digits = digitsOf(given, given.to);
    assertValues(given.values);
    assertValues(filledValues(given.values, digits));
    await this.#assertFits(
      `${given.prefix}/${given.head}${digits}` as Handle,
      { parent, template, values: given.values },
      digits,
    );
    const sorted = given.values.toSorted((a, b) => a.index - b.index);
    return { parent, template, values: keepTimestamps(before?.values ?? [], sorted) };
  }

  /** Bounds what one enterprise takes, as registrations are bounded; the store sees to it once more. */
  async assertRoom(holder: Enterprise | null, place: Prefix, codes: number): Promise<void> {
    if (holder === null || holder.quota === null || codes <= 0) return;
    const { prefix, quota } = holder;
    if (place !== prefix) {
      throw new HandleError(
        'INVALID_STATE',
        `Enterprise ${prefix} has a quota, which counts its own prefix only: register under ${prefix}.`,
      );
    }
    const { live } = await this.#options.store.counts(prefix);
    const objection = judgeQuota(prefix, { live, quota, more: codes });
    if (objection !== null) throw new HandleError('INVALID_STATE', objection.en);
  }

  async #assertFits(handle: Handle, content: Content, digits: string): Promise<void> {
    const { fitting, store } = this.#options;
    const values = filledValues(content.values, digits);
    const draft = { status: 'active', reason: null, recall: null, ...content, values } as const;
    await fitting.assertFits({ handle, draft, current: null, lookUp: (at) => store.get(at) });
  }
}

/** Keys, administrators and templates speak of one record; a lot is many. */
function assertOfProduct(value: HandleValue, i: number): void {
  if (isInheritable(value)) return;
  throw new HandleError(
    'INVALID_VALUE',
    `Value ${value.index} is of the kind that speaks of one record alone: write it to single codes, and give product attributes (from index 2000) to the lot.`,
    { at: `/values/${i}` },
  );
}

// A record's answer over what its parents hand down, put together when somebody wants all values: most are asked for once,
// and leave as the text that their parents' values have already. It reads nothing.

import { type Found, noRenderings, type Renderings, type Validity } from '../domain/answer.ts';
import type { Handle } from '../domain/handle.ts';
import type { HandleRecord } from '../domain/handle-record.ts';
import type { HandleValue } from '../domain/handle-value.ts';
import { mergeValues } from '../domain/inheritance.ts';
import type { Recalled } from '../domain/recall.ts';
import type { Lineage, SharedValues } from './lineage.ts';

const NO_RECALLS: readonly Recalled[] = [];

/** Of a record whose values stand on one side of the inherited ones, none of them recalled. */
export class InheritedFound implements Found {
  readonly kind = 'found';
  readonly learned = null;
  readonly handle: Handle;
  readonly record: HandleRecord;
  readonly validity: Validity;
  readonly ttlSeconds: number;
  readonly renderings: Renderings;
  readonly ancestors: readonly HandleRecord[];
  readonly recalls = NO_RECALLS;
  #values: readonly HandleValue[] | null = null;

  /** `own`: the record's answer without its parents. */
  constructor(own: Found, lineage: Lineage, shared: SharedValues, validity: Validity) {
    this.handle = own.handle;
    this.record = own.record;
    this.validity = validity;
    this.ttlSeconds = Math.min(own.ttlSeconds, shared.ttlSeconds);
    this.renderings = noRenderings(shared);
    this.ancestors = lineage.ancestors;
  }

  get values(): readonly HandleValue[] {
    const inherited = this.renderings.inherited?.values ?? [];
    this.#values ??= mergeValues(this.record.values, inherited);
    return this.#values;
  }
}

// What a parent means to its children: the values it hands down, who revokes them, and what all of that depends on. Pure.

import { slotOf } from '../cache/epoch-table.ts';
import type { InheritedValues, Validity } from '../domain/answer.ts';
import type { Handle } from '../domain/handle.ts';
import type { HandleRecord } from '../domain/handle-record.ts';
import { type HandleValue, valueLike } from '../domain/handle-value.ts';
import { handedDown, ttlSecondsOf } from '../domain/inheritance.ts';
import { DEFAULT_TTL_SECONDS } from '../domain/limits.ts';
import { type Recalled, recallsOf } from '../domain/recall.ts';

/** One parent with everything above it, ready to go under a child's own values. */
export interface Lineage extends Validity {
  /** Rises each time the lineage is seen to hold, so that an answer is not held back by a piece read long before. */
  epoch: number;
  /** Nearest first, as far as it matters: up to the root, a revoked one, or below a missing one. */
  readonly ancestors: readonly HandleRecord[];
  /** The nearest revoked one: it takes along everything below it. */
  readonly revokedBy: HandleRecord | null;
  /** Of these ancestors, nearest first; one of a reserved one counts too, as a revocation does. */
  readonly recalls: readonly Recalled[];
  /** Sorted by index, with memos, because many children answer with the same ones. */
  readonly inherited: readonly HandleValue[];
  /** The same for children whose own values all stand on one side of these; null if there are none. */
  readonly shared: SharedValues | null;
}

export interface SharedValues extends InheritedValues {
  readonly firstIndex: number;
  readonly lastIndex: number;
  /** Least TTL of these values. */
  readonly ttlSeconds: number;
}

const NOTHING: readonly HandleValue[] = [];
const NO_RECALLS: readonly Recalled[] = [];

/**
 * A parent that is not there (deleted) hands down nothing, and the child answers with its own values: to lose a whole
 * line of products with one model's record would be worse than to lose the model's part. The answer changes when the
 * parent is created again.
 */
export function missingLineage(parent: Handle, epoch: number): Lineage {
  return {
    epoch,
    changeSlots: [],
    creationSlot: slotOf(parent),
    ancestors: [],
    revokedBy: null,
    recalls: NO_RECALLS,
    inherited: NOTHING,
    shared: null,
  };
}

/**
 * The lineage of `parent`, read under `epoch`, below the one of its own parent (null if it has none or is revoked).
 * A reserved parent is not shown to anyone, so it hands down nothing of its own; what is above it counts all the same,
 * so that it cannot shield its children from a revocation.
 */
export function lineageOf(parent: HandleRecord, epoch: number, above: Lineage | null): Lineage {
  const marked = { ...parent, values: parent.values.map(withMemo) };
  const own = parent.status === 'active' ? marked.values : NOTHING;
  const slot = slotOf(parent.handle);
  const inherited = handedDown(own, above === null ? NOTHING : above.inherited);
  return {
    epoch,
    changeSlots: above === null ? [slot] : [slot, ...above.changeSlots],
    creationSlot: above === null ? null : above.creationSlot,
    ancestors: above === null ? [marked] : [marked, ...above.ancestors],
    revokedBy: parent.status === 'revoked' ? marked : above === null ? null : above.revokedBy,
    recalls: recallsOf(marked, above === null ? NO_RECALLS : above.recalls),
    inherited,
    shared: sharedOf(inherited),
  };
}

/** Null also where a TTL ends at an instant, so that what is left of it differs from child to child. */
function sharedOf(values: readonly HandleValue[]): SharedValues | null {
  const [first, last] = [values[0], values.at(-1)];
  if (first === undefined || last === undefined || values.some(({ ttlIsAbsolute }) => ttlIsAbsolute)) return null;
  const ttlSeconds = ttlSecondsOf(values, 0, DEFAULT_TTL_SECONDS);
  return { values, publicJson: null, firstIndex: first.index, lastIndex: last.index, ttlSeconds };
}

/** Of one shape to the engine as own values are. */
export function withMemo(value: HandleValue): HandleValue {
  return valueLike(value, value.data, { json: null });
}

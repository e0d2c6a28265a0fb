// What an asker may see of an earlier state: what the permissions of then and those of today both open. Pure.

import { ALL_VALUES, type HandleValue, selectValues, type ValueFilter, type View } from './handle-value.ts';

/** Indexes of today's values that the view does not open: whatever stood under them before stays closed too. */
export function closedIndexes(today: readonly HandleValue[], view: View): ReadonlySet<number> {
  const open = new Set(selectValues(today, view, ALL_VALUES));
  return new Set(today.filter((value) => !open.has(value)).map((value) => value.index));
}

/** As `selectValues`, of an earlier state. A value that is gone today is judged by its own permissions alone. */
export function selectPastValues(
  then: readonly HandleValue[],
  today: readonly HandleValue[],
  view: View,
  filter: ValueFilter,
): readonly HandleValue[] {
  const closed = closedIndexes(today, view);
  return selectValues(then, view, filter).filter((value) => !closed.has(value.index));
}

// Whether a change of a lot may be, and how many records it then counts already: the same for every store. It reads
// nothing itself.

import type { ChangeOutcome } from '../domain/change.ts';
import { isHandleError, type Saying } from '../domain/error.ts';
import type { Handle } from '../domain/handle.ts';
import type { Lot } from '../domain/lot.ts';
import { invalidParent, lotRefused } from './commit-outcomes.ts';
import { keepsShape, type LotChange, rangeChangeOf, type Serials } from './lot-changes.ts';
import { roomTaken, shapeChanged } from './lot-places.ts';

/** What a lot has to ask of the records and lots of its prefix, as the transaction sees them. */
export interface LotNeighbours {
  /** Another lot whose room meets this one's. */
  overlapOf(lot: Lot): Lot | null;
  /** Null if the parent may be that of a record of this handle. Of what comes from another node it may come later. */
  objectionTo(handle: Handle, parent: Handle, isPreserved: boolean): Saying | null;
  /** How many live records are codes of the lot with one of these serials; a text if that stands in its way. */
  rowsWithin(lot: Lot, serials: Serials): number | string;
}

/** The number of records that are codes among the serials gained or lost, or why the change cannot be. */
export function judgeLot(
  change: LotChange,
  before: Lot | null,
  lot: Lot,
  neighbours: LotNeighbours,
): number | ChangeOutcome {
  const current = before?.revision ?? 0;
  if (before !== null && !keepsShape(before, lot)) return lotRefused('LOT_OVERLAP', shapeChanged(before), current);
  const { gained, lost } = rangeChangeOf(before, lot);
  const other = gained === null ? null : neighbours.overlapOf(lot);
  if (other !== null) return lotRefused('LOT_OVERLAP', roomTaken(lot, other), current);
  if (lot.parent !== null && lot.parent !== before?.parent) {
    const first = `${lot.prefix}/${lot.head}${lot.from}` as Handle;
    const objection = neighbours.objectionTo(first, lot.parent, change.preserved !== undefined);
    if (objection !== null) return invalidParent(objection, current);
  }
  const moved = gained ?? lost;
  if (moved === null || change.isSplit === true) return 0;
  try {
    const rows = neighbours.rowsWithin(gained === null ? (before as Lot) : lot, moved);
    return typeof rows === 'number' ? rows : lotRefused('LOT_OVERLAP', rows, current);
  } catch (error) {
    if (!isHandleError(error, 'LOT_KEY_MISSING')) throw error;
    return lotRefused('LOT_KEY_MISSING', error.message, current);
  }
}

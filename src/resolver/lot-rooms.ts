// Whether records stand in the room of a lot. While none does, which is usual, a code need not be looked for among the
// records: that look is the dearest part of a first touch.

import { type EpochTable, lotRowsSlotOf } from '../cache/epoch-table.ts';
import { bytesFromText } from '../domain/bytes.ts';
import { type Handle, suffixOf } from '../domain/handle.ts';
import { digitsOf, type Lot, type LotSpan } from '../domain/lot.ts';
import type { RecordReader } from '../store/registry-store.ts';

export type RoomReader = Pick<RecordReader, 'list'>;

/** What this thread knows of one room; thrown away with the lots of its prefix. */
export interface LotRoom {
  readonly lot: Lot;
  readonly span: LotSpan;
  /** `mixed` is final: records come and go, and each code is looked for. */
  state: 'unknown' | 'empty' | 'mixed';
  /** Since when it is known to be empty. */
  epoch: number;
  /** Rises whenever a code of any lot of the prefix becomes a record. */
  readonly changeSlots: readonly number[];
  readonly creationSlot: null;
}

export function roomOf(lot: Lot, span: LotSpan): LotRoom {
  return { lot, span, state: 'unknown', epoch: 0, changeSlots: [lotRowsSlotOf(lot.prefix)], creationSlot: null };
}

/** `epoch`: the one under which the question is answered, from before any reading. */
export function isEmptyRoom(room: LotRoom, epoch: number, reader: RoomReader, epochs: EpochTable): boolean {
  if (room.state === 'mixed') return false;
  if (room.state === 'unknown' || !(room.epoch === epoch || epochs.holds(room))) look(room, reader);
  room.epoch = epoch;
  // To the compiler it is what it was above.
  return (room.state as LotRoom['state']) === 'empty';
}

/** The first record behind the one before the room decides; of a store that does not answer at once nothing is known. */
function look(room: LotRoom, reader: RoomReader): void {
  const { lot, span } = room;
  const before = lot.head + (lot.from === 0 ? '' : digitsOf(lot, lot.from - 1));
  const found = reader.list(lot.prefix, before === '' ? null : (`${lot.prefix}/${before}` as Handle), 1);
  if (found instanceof Promise) {
    found.catch(() => {}); // nobody waits for it, so that nobody else would see it fail
    room.state = 'mixed';
    return;
  }
  const [first] = found;
  const isBehind = first === undefined || bytesFromText(suffixOf(first.handle)).slice(0, span.last.length) > span.last;
  room.state = isBehind ? 'empty' : 'mixed';
}

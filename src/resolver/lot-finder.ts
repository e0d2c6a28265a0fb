// Which lot a handle is a code of: answered from what this thread remembers of the lots of its prefix, while that holds.

import { type EpochTable, enterpriseSlotOf, LOTS_SLOT, slotOf } from '../cache/epoch-table.ts';
import type { Validity } from '../domain/answer.ts';
import { type ByteString, bytesFromText } from '../domain/bytes.ts';
import { type HandleError, isHandleError } from '../domain/error.ts';
import { type Handle, isSystemPrefix, suffixOf } from '../domain/handle.ts';
import type { HandleRecord } from '../domain/handle-record.ts';
import { isInheritable } from '../domain/inheritance.ts';
import { MAX_PAGE_SIZE } from '../domain/limits.ts';
import {
  isSerial,
  isWithinSpan,
  type Lot,
  type LotId,
  type LotSpan,
  type LotTags,
  lotFiller,
  readCode,
  readDigits,
  type Suspicion,
  spanOf,
} from '../domain/lot.ts';
import { MAX_LOTS_OF_PREFIX, MAX_LOTS_REMEMBERED } from '../domain/lot-limits.ts';
import type { Prefix } from '../domain/prefix.ts';
import type { Awaitable, LotReader } from '../store/registry-store.ts';
import { withMemo } from './lineage.ts';
import { isEmptyRoom, type LotRoom, type RoomReader, roomOf } from './lot-rooms.ts';

/** What a handle is to the lots of its prefix. */
export type LotFinding =
  /** A code: of which lot, with which digits; and why its check tag could not be looked at, if so. */
  | {
      readonly lot: PreparedLot;
      readonly digits: string;
      readonly unverified: HandleError | null;
      /** No code of the lot is a record. */
      readonly isUnwritten: boolean;
    }
  /** None, although its prefix has lots. */
  | { readonly lot: null; readonly suspicion: Suspicion };

/** A lot that many codes are answered from. */
export interface PreparedLot {
  readonly lot: Lot;
  /** The lot as the ancestor of a code with these digits. */
  readonly fill: (digits: string) => HandleRecord;
}

export interface LotFinder {
  /** Null if the prefix has no lots. */
  find(handle: Handle, prefix: Prefix): Awaitable<LotFinding | null>;
}

export interface LotFinderOptions {
  readonly reader: Pick<LotReader, 'lots' | 'findLot'> & RoomReader;
  readonly tags: LotTags;
  readonly epochs: EpochTable;
}

interface KnownLot extends PreparedLot {
  readonly span: LotSpan;
  readonly room: LotRoom;
}

/** The lots of one prefix, by the length of their codes, each list in the order of rooms. */
interface PrefixLots extends Validity {
  epoch: number;
  readonly byLength: ReadonlyMap<number, readonly KnownLot[]>;
  readonly count: number;
  /** There are more than this thread remembers: the store is asked each time. */
  readonly areTooMany: boolean;
}

/** Rises with every change of any lot: while there is none at all, nothing is looked up. */
const ALL_LOTS_SLOT = slotOf(LOTS_SLOT);

export class RememberedLots implements LotFinder {
  readonly #options: LotFinderOptions;
  readonly #prefixes = new Map<Prefix, PrefixLots>();
  #remembered = 0;
  /** Since when it is known that there are no lots; null if there are, or if it is not known. */
  #noneSince: (Validity & { epoch: number }) | null = null;

  constructor(options: LotFinderOptions) {
    this.#options = options;
  }

  find(handle: Handle, prefix: Prefix): Awaitable<LotFinding | null> {
    const { epochs } = this.#options;
    const epoch = epochs.current();
    const none = this.#noneSince;
    if (none !== null && (none.epoch === epoch || epochs.holds(none))) {
      none.epoch = epoch;
      return null;
    }
    // Records of the handle system itself are in no lot, whatever prefix they speak of.
    if (isSystemPrefix(handle)) return null;
    const known = this.#prefixes.get(prefix);
    if (known !== undefined && (known.epoch === epoch || epochs.holds(known))) {
      known.epoch = epoch;
      return known.count === 0 ? null : this.#judge(handle, known, epoch);
    }
    const loaded = this.#load(prefix, epoch);
    return loaded instanceof Promise
      ? loaded.then((lots) => (lots.count === 0 ? null : this.#judge(handle, lots, epoch)))
      : loaded.count === 0
        ? null
        : this.#judge(handle, loaded, epoch);
  }

  #judge(handle: Handle, known: PrefixLots, epoch: number): Awaitable<LotFinding> {
    const suffix = suffixOf(handle);
    if (known.areTooMany) {
      const lot = this.#options.reader.findLot(handle);
      return lot instanceof Promise
        ? lot.then((found) => this.#read(found && prepared(found), suffix))
        : this.#read(lot && prepared(lot), suffix);
    }
    const bytes = bytesFromText(suffix);
    const lots = known.byLength.get(bytes.length) ?? [];
    const after = placeAfter(lots, bytes);
    const before = lots[after - 1];
    if (before !== undefined && isWithinSpan(before.span, bytes)) {
      const { reader, epochs, tags } = this.#options;
      return readFinding(before, suffix, tags, isEmptyRoom(before.room, epoch, reader, epochs));
    }
    const isBeside = [before, lots[after]].some(
      (each) => each !== undefined && readDigits(each.lot, suffix) === 'serial',
    );
    return { lot: null, suspicion: isBeside ? 'serial' : 'shape' };
  }

  #read(lot: PreparedLot | null, suffix: string): LotFinding {
    if (lot === null) return { lot: null, suspicion: 'shape' };
    return readFinding(lot, suffix, this.#options.tags, false);
  }

  /** `epoch`: from before the reading, so that what changes meanwhile ends what is remembered. */
  #load(prefix: Prefix, epoch: number): Awaitable<PrefixLots> {
    const { reader } = this.#options;
    if (this.#noneSince === null && this.#prefixes.size === 0) {
      const any = reader.lots(null, null, 1);
      if (any instanceof Promise) return any.then((first) => this.#loadOf(prefix, epoch, first.length > 0));
      return this.#loadOf(prefix, epoch, any.length > 0);
    }
    return this.#loadOf(prefix, epoch, true);
  }

  #loadOf(prefix: Prefix, epoch: number, areAny: boolean): Awaitable<PrefixLots> {
    this.#noneSince = areAny ? null : { epoch, changeSlots: [ALL_LOTS_SLOT], creationSlot: null };
    if (!areAny) return this.#remember(prefix, epoch, []);
    const gathered: Lot[] = [];
    const next = (page: readonly Lot[]): Awaitable<PrefixLots> => {
      gathered.push(...page);
      if (page.length < MAX_PAGE_SIZE || gathered.length > MAX_LOTS_OF_PREFIX) {
        return this.#remember(prefix, epoch, gathered);
      }
      return read((page.at(-1) as Lot).id);
    };
    const read = (after: LotId | null): Awaitable<PrefixLots> => {
      const page = this.#options.reader.lots(prefix, after, MAX_PAGE_SIZE);
      return page instanceof Promise ? page.then(next) : next(page);
    };
    return read(null);
  }

  #remember(prefix: Prefix, epoch: number, lots: readonly Lot[]): PrefixLots {
    const areTooMany = lots.length > MAX_LOTS_OF_PREFIX;
    const kept = areTooMany ? [] : lots.map(known);
    const byLength = Map.groupBy(kept, ({ span }) => span.length);
    for (const list of byLength.values()) list.sort((a, b) => (a.span.start < b.span.start ? -1 : 1));
    const changeSlots = [enterpriseSlotOf(prefix)];
    const loaded: PrefixLots = { epoch, changeSlots, creationSlot: null, byLength, count: lots.length, areTooMany };
    // What few prefixes need is little; beyond it everything starts over.
    this.#remembered += 1 + kept.length;
    if (this.#remembered > MAX_LOTS_REMEMBERED) {
      this.#prefixes.clear();
      this.#remembered = 1 + kept.length;
    }
    this.#prefixes.set(prefix, loaded);
    return loaded;
  }
}

function known(lot: Lot): KnownLot {
  const span = spanOf(lot);
  return { ...prepared(lot), span, room: roomOf(lot, span) };
}

/** What a suffix is to the lot in whose room it lies. */
export function readFinding(lot: PreparedLot, suffix: string, tags: LotTags, isUnwritten: boolean): LotFinding {
  try {
    const read = readCode(lot.lot, suffix, tags);
    if (!isSerial(read)) return { lot: null, suspicion: read as Suspicion };
    return { lot, digits: read, unverified: null, isUnwritten };
  } catch (error) {
    if (!isHandleError(error, 'LOT_KEY_MISSING')) throw error;
    return { lot, digits: readDigits(lot.lot, suffix), unverified: error, isUnwritten: false };
  }
}

/** Values in the order in which they are merged, with memos, because many codes answer with the same ones. */
export function prepared(lot: Lot): PreparedLot {
  const values = lot.values.filter(isInheritable).map(withMemo);
  const sorted = { ...lot, values: values.sort((a, b) => a.index - b.index) };
  return { lot: sorted, fill: lotFiller(sorted) };
}

/** How many of these rooms begin at or before the suffix. */
function placeAfter(lots: readonly KnownLot[], suffix: ByteString): number {
  let low = 0;
  let high = lots.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((lots[middle] as KnownLot).span.start <= suffix) low = middle + 1;
    else high = middle;
  }
  return low;
}

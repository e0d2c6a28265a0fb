// Puts rows that lie in memory in the byte order of their keys, without a text for each: most are told apart by a number
// made of the first bytes in which keys differ. Pure.

/** Where the keys lie. */
export interface KeyPlaces {
  readonly bytes: Buffer;
  /** By row. */
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
  /** How far behind its start a key is looked at: what is before is the same in all. */
  readonly from: number;
}

/** A number is 46 bits of a key above 18 that say whose it is. */
const ROW_BITS = 18;
const ROW_MASK = 2 ** ROW_BITS - 1;
/** Bytes of a key that are in its number as a whole. */
const WHOLE_BYTES = 5;
/** So few are compared key by key. */
const FEW = 8;

/** Rows 0 … `count` − 1, fewer than 2¹⁸, in the order of their keys, of which no two are the same. */
export function orderOfKeys(places: KeyPlaces, count: number): Uint32Array {
  if (count > ROW_MASK) throw new Error(`${count} rows are too many to be put in order at once`);
  const order = new Uint32Array(count);
  for (let i = 0; i < count; i++) order[i] = i;
  sortRange(places, order);
  return order;
}

function sortRange(places: KeyPlaces, order: Uint32Array): void {
  const count = order.length;
  if (count <= FEW) {
    sortFew(places, order);
    return;
  }
  const numbers = new BigUint64Array(count);
  // Two halves each, the lower one first: what Node runs on is little-endian.
  const halves = new Uint32Array(numbers.buffer);
  fill(halves, places, order);
  numbers.sort();
  const before = order.slice();
  for (let i = 0; i < count; i++) order[i] = before[(halves[2 * i] as number) & ROW_MASK] as number;
  for (let start = 0; start < count; ) {
    let end = start + 1;
    while (end < count && isSame(halves, start, end)) end++;
    if (end > start + 1) sortRange({ ...places, from: places.from + WHOLE_BYTES }, order.subarray(start, end));
    start = end;
  }
}

/** The number of each row, whose place in the order stands for the row. Behind its end a key goes on with zeros. */
function fill(halves: Uint32Array, { bytes, starts, ends, from }: KeyPlaces, order: Uint32Array): void {
  for (let i = 0; i < order.length; i++) {
    const row = order[i] as number;
    const at = (starts[row] as number) + from;
    const end = ends[row] as number;
    const byte = (n: number): number => (n < end ? (bytes[n] as number) : 0);
    halves[2 * i + 1] = (byte(at) << 24) | (byte(at + 1) << 16) | (byte(at + 2) << 8) | byte(at + 3);
    halves[2 * i] = (byte(at + 4) << 24) | ((byte(at + 5) >>> 2) << ROW_BITS) | i;
  }
}

function isSame(halves: Uint32Array, a: number, b: number): boolean {
  return (
    halves[2 * a + 1] === halves[2 * b + 1] &&
    (halves[2 * a] as number) >>> ROW_BITS === (halves[2 * b] as number) >>> ROW_BITS
  );
}

function sortFew({ bytes, starts, ends, from }: KeyPlaces, order: Uint32Array): void {
  for (let i = 1; i < order.length; i++) {
    const row = order[i] as number;
    const [start, end] = [(starts[row] as number) + from, ends[row] as number];
    let at = i;
    for (; at > 0; at--) {
      const other = order[at - 1] as number;
      const otherStart = Math.min((starts[other] as number) + from, ends[other] as number);
      if (bytes.compare(bytes, otherStart, ends[other], Math.min(start, end), end) >= 0) break;
      order[at] = other;
    }
    order[at] = row;
  }
}

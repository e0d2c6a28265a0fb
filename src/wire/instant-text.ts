// Instants as ISO 8601 text in whole seconds of UTC, the form of the Handle JSON interface. Formatting is on the hot path.

const SECONDS_PER_DAY = 86_400;
const DAY_SLOTS = 64;
const TWO_DIGITS: readonly string[] = Array.from({ length: 60 }, (_, n) => String(n).padStart(2, '0'));

// One day stands in each slot; another day of the same slot takes its place, so this never grows.
const dayNumbers = new Int32Array(DAY_SLOTS).fill(-1);
const dayTexts: string[] = new Array<string>(DAY_SLOTS).fill('');

/** `2026-11-23T03:51:48Z` of epoch seconds (0 … 2³²−1). */
export function formatInstant(seconds: number): string {
  const day = Math.floor(seconds / SECONDS_PER_DAY);
  const slot = day & (DAY_SLOTS - 1);
  if (dayNumbers[slot] !== day) {
    dayTexts[slot] = new Date(day * SECONDS_PER_DAY * 1000).toISOString().slice(0, 11);
    dayNumbers[slot] = day;
  }
  const second = seconds - day * SECONDS_PER_DAY;
  const hours = TWO_DIGITS[Math.floor(second / 3600)];
  const minutes = TWO_DIGITS[Math.floor(second / 60) % 60];
  return `${dayTexts[slot]}${hours}:${minutes}:${TWO_DIGITS[second % 60]}Z`;
}

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;

/** Epoch seconds of an ISO 8601 instant with a zone; null if the text is none. Fractions of a second are dropped. */
export function parseInstant(text: string): number | null {
  if (!INSTANT.test(text)) return null;
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) return null;
  const day = Number(text.slice(8, 10));
  // Date.parse takes 30 February for 2 March.
  const daysInMonth = new Date(Date.UTC(Number(text.slice(0, 4)), Number(text.slice(5, 7)), 0)).getUTCDate();
  return day <= daysInMonth ? Math.floor(ms / 1000) : null;
}

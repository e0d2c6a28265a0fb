// Days as everything is counted and filed: China Standard Time, UTC+8 the whole year. Pure.

const OFFSET_MS = 8 * 3_600_000;
const DAY_MS = 86_400_000;

/** Days since 1970-01-01 in China. */
export function chinaDayOf(nowMs: number): number {
  return Math.floor((nowMs + OFFSET_MS) / DAY_MS);
}

/** Epoch milliseconds of the day's first instant. */
export function chinaDayBegins(day: number): number {
  return day * DAY_MS - OFFSET_MS;
}

/** As `yyyy-MM-dd`. */
export function formatChinaDay(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}

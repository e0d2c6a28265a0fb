// The one place that reads the time of day. Everything else is handed a clock.

/** Epoch milliseconds. */
export function systemClock(): number {
  return Date.now();
}

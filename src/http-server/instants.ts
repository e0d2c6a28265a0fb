// Instants as the JSON of /v1 writes them (RFC 3339, UTC, milliseconds).

import { HandleError } from '../domain/error.ts';
import { MAX_INSTANT_LEAD_MS } from '../domain/limits.ts';

export function formatMilliseconds(epochMs: number): string {
  return new Date(epochMs).toISOString();
}

export function formatMillisecondsOrNull(epochMs: number | null): string | null {
  return epochMs === null ? null : formatMilliseconds(epochMs);
}

/**
 * An instant up to now, from a query: a "+" that arrived as a space is taken for what was meant. Clocks disagree, so what
 * lies a little ahead is let through and means now; throws `INVALID_REQUEST` beyond that.
 */
export function parsePastInstant(text: string, at: string, nowMs: number): number {
  const instant = parseMilliseconds(text.replace(' ', '+'), at);
  if (instant <= nowMs + MAX_INSTANT_LEAD_MS) return instant;
  throw new HandleError('INVALID_REQUEST', `${at} lies in the future, which nobody knows: name an instant up to now.`, {
    at,
  });
}

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;

/** Throws `INVALID_REQUEST`. */
export function parseMilliseconds(text: string, at: string): number {
  const epochMs = INSTANT.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(epochMs)) {
    throw new HandleError('INVALID_REQUEST', `${at} must be an instant such as 2027-01-31T00:00:00Z.`, { at });
  }
  return epochMs;
}

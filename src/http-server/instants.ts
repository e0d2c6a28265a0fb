// Instants as the JSON of /v1 writes them (RFC 3339, UTC, milliseconds).

import { HandleError } from '../domain/error.ts';

export function formatMilliseconds(epochMs: number): string {
  return new Date(epochMs).toISOString();
}

export function formatMillisecondsOrNull(epochMs: number | null): string | null {
  return epochMs === null ? null : formatMilliseconds(epochMs);
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

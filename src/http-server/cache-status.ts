// Headers that tell who gave an answer of others, how old it is and how long it took: `Cache-Status` (RFC 9211), `Age`,
// `Server-Timing`. Our own answers carry none: they are as they are in the store, and every byte of theirs is on the hot path.

import type { Answer, Tier } from '../domain/answer.ts';
import type { ApiReply } from './handle-api-reply.ts';

export interface Provenance {
  readonly tier: Tier;
  readonly bypassCache: boolean;
  /** Epoch milliseconds. */
  readonly now: number;
  /** Of what was asked for elsewhere; null of what was at hand. */
  readonly durationMs: number | null;
}

/** The latest reply made: it stays the same for a second, in which a hot identifier is asked for thousands of times. */
interface Made {
  readonly from: readonly string[];
  readonly ageSeconds: number;
  readonly made: ApiReply | null;
}
let latest: Made = { from: [], ageSeconds: -1, made: null };

/** The reply as it is for our own answers, else with these headers. */
export function withProvenance(reply: ApiReply, { learned }: Answer, provenance: Provenance): ApiReply {
  if (learned === null) return reply;
  const { tier, bypassCache, now, durationMs } = provenance;
  const ageSeconds = Math.max(0, Math.floor((now - learned.learnedAt) / 1000));
  const isHit = tier === 'l1' && durationMs === null;
  if (isHit && reply.headers === latest.from && ageSeconds === latest.ageSeconds && latest.made !== null) {
    return latest.made;
  }
  const ttlSeconds = Math.round((learned.freshUntil - now) / 1000);
  const how = tier === 'upstream' ? `fwd=${bypassCache ? 'request' : 'miss'}` : 'hit';
  const headers = [
    ...reply.headers,
    'Age',
    String(ageSeconds),
    'Cache-Status',
    `jiabiao; ${how}; ttl=${ttlSeconds}; detail=${tier}`,
  ];
  if (durationMs !== null) headers.push('Server-Timing', `${tier};dur=${durationMs.toFixed(1)}`);
  const { status, body } = reply;
  if (!isHit) return { status, headers, body };
  const made = { status, headers, body, kept: { rest: null, isUsed: false } };
  latest = { from: reply.headers, ageSeconds, made };
  return made;
}

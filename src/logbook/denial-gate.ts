// Bounds what denials write: the first of its kind in a minute is told at once and whole, its repeats as one number when
// the minute is over. One gate for each thread.

import type { AuditEvent, AuditTrail } from '../domain/audit.ts';
import { MAX_DENIAL_GROUPS } from '../domain/limits.ts';

const MINUTE_MS = 60_000;

export interface Denial {
  readonly code: 'UNAUTHENTICATED' | 'FORBIDDEN' | 'RATE_LIMITED';
  readonly method: string;
  /** The route's pattern. */
  readonly route: string;
  /** What the asker was told. */
  readonly reason: string;
  readonly principalId: string | null;
  readonly requestId: string;
  /** The address, as it may be shown. */
  readonly client: string;
  /** The network it is counted under, as it may be shown. */
  readonly network: string;
}

interface Group {
  readonly first: Denial;
  repeats: number;
}

export class DenialGate {
  readonly #trail: AuditTrail;
  readonly #clock: () => number;
  #groups = new Map<string, Group>();
  /** Of networks for which there was no room. */
  #others = 0;
  #endsAt = 0;

  constructor(trail: AuditTrail, clock: () => number) {
    this.#trail = trail;
    this.#clock = clock;
  }

  deny(denial: Denial): void {
    this.sweep();
    const { network, code, method, route, principalId } = denial;
    const key = `${network} ${code} ${method} ${route} ${principalId}`;
    const group = this.#groups.get(key);
    if (group !== undefined) {
      group.repeats += 1;
    } else if (this.#groups.size < MAX_DENIAL_GROUPS) {
      if (this.#groups.size === 0 && this.#others === 0) this.#endsAt = this.#clock() + MINUTE_MS;
      this.#groups.set(key, { first: denial, repeats: 0 });
      this.#trail.record(eventOf(denial, denial.client, 1));
    } else {
      this.#others += 1;
    }
  }

  /** To be called about once a second: tells the repeats when their minute is over. */
  sweep(): void {
    const isOver = this.#clock() >= this.#endsAt || this.#endsAt - this.#clock() > MINUTE_MS;
    if (this.#groups.size > 0 && isOver) this.flush();
  }

  /** Tells the repeats now. */
  flush(): void {
    const groups = this.#groups;
    this.#groups = new Map();
    for (const { first, repeats } of groups.values()) {
      if (repeats > 0) this.#trail.record({ ...eventOf(first, first.network, repeats), requestId: null });
    }
    if (this.#others > 0) {
      const detail = { count: this.#others, reason: 'denials of further networks, keys and routes in the same minute' };
      this.#others = 0;
      this.#trail.record({
        kind: 'access-denied',
        principalId: null,
        requestId: null,
        client: null,
        subject: null,
        detail,
      });
    }
  }
}

function eventOf(denial: Denial, client: string, count: number): AuditEvent {
  const { code, method, route, reason, principalId, requestId } = denial;
  const detail = { code, reason, count };
  const kind = code === 'RATE_LIMITED' ? 'access-throttled' : 'access-denied';
  return { kind, principalId, requestId, client, subject: `${method} ${route}`, detail };
}

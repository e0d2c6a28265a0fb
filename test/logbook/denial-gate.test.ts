// What denials write: each of them once a minute, and a flood of them no more.

import { beforeEach, describe, expect, it } from 'vitest';
import type { AuditEvent } from '../../src/domain/audit.ts';
import { MAX_DENIAL_GROUPS } from '../../src/domain/limits.ts';
import { type Denial, DenialGate } from '../../src/logbook/denial-gate.ts';

const clock = { nowMs: 0 };
let recorded: AuditEvent[];
let gate: DenialGate;
beforeEach(() => {
  clock.nowMs = 1_000_000;
  recorded = [];
  gate = new DenialGate({ record: (event) => recorded.push(event) }, () => clock.nowMs);
});

const denial: Denial = {
  code: 'UNAUTHENTICATED',
  method: 'GET',
  route: '/v1/keys',
  reason: 'Send your key.',
  principalId: null,
  requestId: 'r-1',
  client: '192.0.2.7',
  network: '192.0.2.0/24',
};

describe('a denial', () => {
  it('is told at once: who, from where, at which route, and why', () => {
    gate.deny({ ...denial, principalId: 'p-1' });
    expect(recorded).toEqual([
      {
        kind: 'access-denied',
        principalId: 'p-1',
        requestId: 'r-1',
        client: '192.0.2.7',
        subject: 'GET /v1/keys',
        detail: { code: 'UNAUTHENTICATED', reason: 'Send your key.', count: 1 },
      },
    ]);
  });

  it('that is repeated within a minute is told once more, as a number, when the minute is over', () => {
    for (let i = 0; i < 1000; i++) gate.deny({ ...denial, requestId: `r-${i}`, client: `192.0.2.${i % 256}` });
    gate.sweep();
    expect(recorded).toHaveLength(1);
    clock.nowMs += 60_000;
    gate.sweep();
    expect(recorded[1]).toMatchObject({ client: '192.0.2.0/24', requestId: null, detail: { count: 999 } });
    gate.sweep();
    expect(recorded).toHaveLength(2);
    gate.deny(denial);
    expect(recorded).toHaveLength(3);
  });

  it.each<[string, Partial<Denial>]>([
    ['network', { network: '192.0.3.0/24' }],
    ['route', { route: '/v1/principals' }],
    ['method', { method: 'POST' }],
    ['code', { code: 'FORBIDDEN' }],
    ['key', { principalId: 'p-2' }],
  ])('of another %s is another', (_, other) => {
    gate.deny(denial);
    gate.deny({ ...denial, ...other });
    expect(recorded).toHaveLength(2);
  });
});

it('tells guessing that is slowed as what it is', () => {
  gate.deny({ ...denial, code: 'RATE_LIMITED' });
  expect(recorded[0]?.kind).toBe('access-throttled');
});

describe('a flood from everywhere', () => {
  it('writes a bounded number of lines a minute, and loses no count', () => {
    for (let i = 0; i < 50_000; i++) gate.deny({ ...denial, network: `10.${i >> 8}.${i & 255}.0/24` });
    expect(recorded).toHaveLength(MAX_DENIAL_GROUPS);
    gate.flush();
    expect(recorded).toHaveLength(MAX_DENIAL_GROUPS + 1);
    const total = recorded.reduce((sum, { detail }) => sum + Number(detail.count), 0);
    expect(total).toBe(50_000);
  });

  it('does not wait for a minute that a clock set back has moved away', () => {
    for (let i = 0; i < 3; i++) gate.deny(denial);
    clock.nowMs -= 3_600_000;
    gate.sweep();
    expect(recorded).toHaveLength(2);
  });
});

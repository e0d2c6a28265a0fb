// HTTP Basic as administrators of a Handle server use it: each request shows user and secret, and sees private values. The
// node believes a proxy that TLS ends there, so that what is measured is the asking and not the encryption.

import { createEnterpriseKey } from '../load-sector.ts';
import { type BenchCase, loadOnce, paceOf, WARM_UP, warmUpMsOf } from '../measure/bench-context.ts';
import { median } from '../measure/measurement.ts';
import { probe } from '../reference/constant-answer.ts';
import { whileRunning } from './resolving.ts';

const PREFIX = '88.118.30000';
const ADMIN = `${PREFIX}/ADMIN`;
const SECRET = 'a secret of the bench';
const MIN_PER_SECOND = 3000;

export const basicAuthenticated: BenchCase = {
  name: 'basic-authenticated',
  async run(context) {
    const node = await context.emptyNode({ JIABIAO_HTTP__TRUSTED_PROXIES: '["127.0.0.1"]' });
    return whileRunning([node], async () => {
      const token = await createEnterpriseKey(node, PREFIX);
      const answer = await probe(node.port, {
        method: 'PUT',
        path: `/api/handles/${ADMIN}`,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify(adminValues()),
      });
      if (answer.status !== 201) throw new Error(`PUT answered ${answer.status}: ${answer.body}`);
      const credentials = Buffer.from(`301%3A${ADMIN}:${SECRET}`).toString('base64');
      const headers = `Authorization: Basic ${credentials}\r\nX-Forwarded-Proto: https\r\n`;
      const plan = {
        ...paceOf(context),
        measure: 'private values, by user and secret',
        connections: 64,
        rate: null,
        workload: () => ({ kind: 'ask', path: `/api/handles/${ADMIN}`, headers, requests: 1, from: 0 }) as const,
        // The secret itself is among the private values: an answer without it was not authorised.
        expect: { statuses: [200], minimumBodyBytes: 300 },
      };
      const target = { name: 'ours', server: node } as const;
      await loadOnce(context, { ...plan, durationMs: warmUpMsOf(context) }, target, WARM_UP);
      const rounds = [];
      for (let round = 0; round < plan.rounds; round++) rounds.push(await loadOnce(context, plan, target, round));
      const perSecond = median(rounds.map((report) => report.perSecond));
      return [
        {
          measure: plan.measure,
          value: perSecond,
          unit: 'requests/s',
          reference: null,
          ratio: null,
          target: `≥ ${MIN_PER_SECOND.toLocaleString('en')}/s`,
          met: perSecond >= MIN_PER_SECOND,
          note: `64 connections, p99 ${median(rounds.map((report) => report.latency.p99Ms)).toFixed(1)} ms`,
        },
      ];
    });
  },
};

function adminValues(): readonly object[] {
  const admin = { handle: ADMIN, index: 301, permissions: '111111111111' };
  return [
    { index: 301, type: 'HS_SECKEY', data: SECRET, permissions: '1100' },
    { index: 100, type: 'HS_ADMIN', data: { format: 'admin', value: admin } },
  ];
}

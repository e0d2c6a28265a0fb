// One durable, authenticated PUT after the other on 64 connections, each creating an identifier of three values, beside
// a PUT that parses and validates the same body and does nothing.

import { newRow } from '../generator.ts';
import { createEnterpriseKey } from '../load-sector.ts';
import { type BenchCase, interleave, paceOf } from '../measure/bench-context.ts';
import { comparisonOf, cpuMeasurement } from '../measure/measurement.ts';
import { probe } from '../reference/constant-answer.ts';
import { REGISTRATION_SCHEMA } from '../reference/registration-schema.ts';
import { whileRunning } from './resolving.ts';

const PREFIX = '88.118.30000';
const MIN_PER_SECOND = 15_000;
/** Above what a round can write, so that no handle comes twice. */
const REQUESTS_PER_MS = 45;

export const registerSingle: BenchCase = {
  name: 'register-single',
  async run(context) {
    const node = await context.emptyNode();
    const token = await createEnterpriseKey(node, PREFIX);
    const { handle, values } = newRow(PREFIX, 999_999_999);
    const answer = await probe(node.port, {
      method: 'PUT',
      path: `/v1/identifiers/${handle}`,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ values }),
    });
    if (answer.status !== 201) throw new Error(`PUT answered ${answer.status}: ${answer.body}`);
    const bodyLimitBytes = 16 << 20;
    const route = '/v1/identifiers/*';
    const noOp = await context.reference({
      method: 'PUT',
      route,
      answer,
      bodySchema: REGISTRATION_SCHEMA,
      bodyLimitBytes,
    });
    return whileRunning([node, noOp], async () => {
      const pace = paceOf(context);
      const requests = Math.max(pace.durationMs, 2000) * REQUESTS_PER_MS;
      const plan = {
        ...pace,
        measure: 'CPU beside a PUT that does nothing',
        connections: 64,
        rate: null,
        workload: (round: number) =>
          ({ kind: 'register', prefix: PREFIX, token, requests, from: round * requests }) as const,
        expect: { statuses: [201] },
      };
      const comparison = comparisonOf(await interleave(context, plan, { ours: node, reference: noOp }));
      return [
        cpuMeasurement(plan.measure, comparison, { ratio: 0.45 }),
        {
          measure: 'durable registrations',
          value: comparison.oursPerSecond,
          unit: 'identifiers/s',
          reference: comparison.referencePerSecond,
          ratio: null,
          target: `≥ ${MIN_PER_SECOND.toLocaleString('en')}/s`,
          met: comparison.oursPerSecond >= MIN_PER_SECOND,
          note: `64 connections, p99 ${comparison.oursP99Ms.toFixed(1)} ms`,
        },
      ];
    });
  },
};

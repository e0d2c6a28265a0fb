// Every request meets a code of a lot that was not asked for before: a look for a record, a check tag, four values of the
// lot, one with the serial in it, and four inherited.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEnterpriseKey } from '../load-sector.ts';
import { type BenchCase, interleave, paceOf } from '../measure/bench-context.ts';
import type { OurNode } from '../measure/children.ts';
import { comparisonOf, cpuMeasurement } from '../measure/measurement.ts';
import { HANDLE_ROUTE, mirror, whileRunning } from './resolving.ts';

const PREFIX = '88.118.40000';

const values = (first: number, ...data: readonly string[]) =>
  data.map((text, i) => ({ index: first + i, type: `TYPE_${first + i}`, data: text }));

/** Registers model, batch and lot; returns the codes, one a line. */
async function furnish(node: OurNode, codes: number): Promise<string> {
  const token = await createEnterpriseKey(node, PREFIX);
  const ask = async (method: string, path: string, body?: object): Promise<Response> => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const sent = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
    const answer = await fetch(`http://127.0.0.1:${node.port}${path}`, sent);
    if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${await answer.text()}`);
    return answer;
  };
  const model = { values: values(2000, '实木沙发 N301', 'Oak Works', 'N301') };
  await ask('PUT', `/v1/identifiers/${PREFIX}/MODEL`, model);
  await ask('PUT', `/v1/identifiers/${PREFIX}/BATCH`, {
    parent: `${PREFIX}/MODEL`,
    values: values(2003, '2026-11-25'),
  });
  const shape = { prefix: PREFIX, head: 'N301-', width: 8, from: 1, to: codes, parent: `${PREFIX}/BATCH` };
  const lot = { ...shape, values: values(2010, 'SN {serial}', '中山市古镇', 'QC-7', 'ENF') };
  const { id } = (await (await ask('POST', '/v1/lots', lot)).json()) as { id: string };
  const csv = await (await ask('GET', `/v1/lots/${id}/codes?format=csv`)).text();
  return csv
    .split('\r\n')
    .slice(1, -1)
    .map((line) => line.slice(line.indexOf(',') + 1))
    .join('\n');
}

export const resolveLot: BenchCase = {
  name: 'resolve-lot',
  async run(context) {
    const count = context.quick ? 200_000 : 1_000_000;
    const rounds = context.quick ? 3 : 5;
    const requests = Math.floor(count / (rounds + 2));
    const node = await context.emptyNode();
    const codes = await furnish(node, count);
    const path = `/api/handles/${codes.slice(0, codes.indexOf('\n'))}`;
    const { server } = await mirror(context, node, { method: 'GET', path, route: HANDLE_ROUTE, status: 200 });
    const folder = mkdtempSync(join(tmpdir(), 'jiabiao-bench-lot-'));
    const file = join(folder, 'codes.txt');
    writeFileSync(file, codes);
    try {
      return await whileRunning([node, server], async () => {
        const plan = {
          ...paceOf(context),
          rounds,
          measure: `codes with check tags, first touch${context.quick ? ` (quick: ${count.toLocaleString('en')})` : ''}`,
          connections: 64,
          rate: null,
          workload: (round: number) => ({ kind: 'resolve-listed', file, requests, from: round * requests }) as const,
          expect: { statuses: [200], minimumBodyBytes: 500 },
        };
        const comparison = comparisonOf(await interleave(context, plan, { ours: node, reference: server }));
        return [cpuMeasurement(plan.measure, comparison, { ratio: 0.6 })];
      });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

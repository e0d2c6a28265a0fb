// Two real nodes, each with several workers, that speak nothing but the Handle protocol with each other: one answers for a prefix
// that the other has delegated, and each is the other's way to everything else.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runHere } from '../cli/command-line.ts';
import { Connection, freePort, operatorToken, type RunningNode, startNode, temporaryDirectory } from './node.ts';

const directories = [temporaryDirectory(), temporaryDirectory()] as const;
let [upper, lower]: (RunningNode | undefined)[] = [];
let ports: { readonly http: number; readonly handle: number }[] = [];

/** A node whose way to everything else is the other. */
function start(place: 0 | 1, prefix: string): Promise<RunningNode> {
  const [own, other] = [ports[place], ports[1 - place]];
  const routes = [{ name: 'other', protocol: 'handle', host: '127.0.0.1', port: other?.handle }];
  return startNode({
    directory: directories[place].path,
    port: own?.http ?? 0,
    settings: {
      NODE__PREFIX: prefix,
      HANDLE__PORT: String(own?.handle),
      UPSTREAM__ROUTES: JSON.stringify(routes),
      UPSTREAM__DELEGATION: 'recurse',
      UPSTREAM__ALLOWED_NETWORKS: '127.0.0.1',
      UPSTREAM__DEADLINE_MS: '1000',
    },
  });
}

async function register(place: 0 | 1, handle: string, values: readonly object[]): Promise<void> {
  const node = place === 0 ? upper : lower;
  const operator = new Connection(node?.url ?? '', operatorToken(directories[place].path));
  const { status, text } = await operator.ask('PUT', `/v1/identifiers/${handle}`, { values });
  await operator.close();
  expect([status, text]).toEqual([201, expect.anything()]);
}

beforeAll(async () => {
  const four = await Promise.all([freePort(), freePort(), freePort(), freePort()]);
  ports = [
    { http: four[0] ?? 0, handle: four[1] ?? 0 },
    { http: four[2] ?? 0, handle: four[3] ?? 0 },
  ];
  [upper, lower] = await Promise.all([start(0, '88.118'), start(1, '88.118.7')]);
  const interfaces = [{ query: true, admin: false, protocol: 'TCP', port: ports[1]?.handle }];
  const site = { format: 'site', value: { servers: [{ serverId: 1, address: '127.0.0.1', interfaces }] } };
  const operator = new Connection(upper.url, operatorToken(directories[0].path));
  const enterprise = { prefix: '88.118.7', name: '中山家具', state: 'active' };
  expect(await operator.ask('POST', '/v1/enterprises', enterprise)).toMatchObject({ status: 201 });
  await operator.close();
  await register(0, '0.NA/88.118.7', [{ index: 1, type: 'HS_SITE', data: site }]);
  await register(0, '88.118/HERE', [{ index: 2, type: 'URL', data: 'https://upper.example/' }]);
  await register(1, '88.118.7/THERE', [{ index: 2, type: 'URL', data: 'https://lower.example/' }]);
});

afterAll(async () => {
  await upper?.kill();
  await lower?.kill();
  for (const directory of directories) directory.remove();
});

async function ask(node: RunningNode | undefined, handle: string): Promise<{ status: number; body: unknown }> {
  const connection = new Connection(node?.url ?? '', null);
  const { status, body } = await connection.ask('GET', `/api/handles/${handle}`);
  await connection.close();
  return { status, body };
}

const url = (value: string) => ({ values: [{ index: 2, type: 'URL', data: { format: 'string', value } }] });

describe('a node', () => {
  it('asks the site of a delegated prefix over the Handle protocol', async () => {
    const found = { status: 200, body: url('https://lower.example/') };
    expect(await ask(upper, '88.118.7/THERE')).toMatchObject(found);
    expect(await ask(upper, '88.118.7/NONE')).toMatchObject({ status: 404, body: { responseCode: 100 } });
  });

  it('asks the upstream of a route over it', async () => {
    expect(await ask(lower, '88.118/HERE')).toMatchObject({ status: 200, body: url('https://upper.example/') });
  });

  it('answers with what it was told, over the Handle protocol too', async () => {
    const host = `127.0.0.1:${ports[0]?.handle}`;
    for (const more of [[], ['--udp']]) {
      const told = await runHere(['resolve', '88.118.7/THERE', '--protocol', 'handle', host, '--json', ...more]);
      expect(told).toMatchObject({ code: 0, stderr: '' });
      expect(JSON.parse(told.stdout)).toMatchObject(url('https://lower.example/'));
    }
  });

  it('leads who begins at the prefix record to itself, though nobody has registered one', async () => {
    const host = `127.0.0.1:${ports[0]?.handle}`;
    const way = ['--protocol', 'handle', host, '--root', '--allow-network', '127.0.0.1', '--json'];
    const told = await runHere(['resolve', '88.118/HERE', ...way, '--certified']);
    const { trace, ...answer } = JSON.parse(told.stdout);
    expect(answer).toMatchObject(url('https://upper.example/'));
    expect(trace).toContainEqual({ kind: 'sites', handle: '0.NA/88.118', to: ['Jiabiao 88.118'] });
    expect(await runHere(['resolve', '88.118.99999/X', ...way])).toMatchObject({ code: 4 });
    expect(await ask(upper, '0.NA/88.118')).toMatchObject({ status: 200 });
  });

  it('ends a question that would go in a circle, as not to be found out', async () => {
    const startedAt = performance.now();
    expect(await ask(upper, '20.500/NOWHERE')).toMatchObject({ status: 502, body: { responseCode: 2 } });
    expect(performance.now() - startedAt).toBeLessThan(10_000);
  });

  it('counts its questions as those of every upstream', async () => {
    const metrics = await (await fetch(`${upper?.url}/metrics`)).text();
    const lines = metrics.split('\n').filter((line) => line.startsWith('jiabiao_upstream_questions_total'));
    expect(lines.find((line) => /upstream="delegated",outcome="found"/.test(line))).toMatch(/ [1-9]/);
    expect(lines.find((line) => /upstream="delegated",outcome="not-found"/.test(line))).toMatch(/ [1-9]/);
  });
});

// A real Prometheus with the configuration of this repository scrapes a real node: it sees every metric, its rules have no
// fault, and every query of the dashboard has an answer.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { METRICS } from '../../src/app/metrics.ts';
import { dashboardQueries, PROMETHEUS_FOLDER } from '../deployment/documents.ts';
import { Connection, freePort, type RunningNode, startNode, temporaryDirectory } from './node.ts';

const SEEN_WITHIN_MS = 20_000;
const RESOLUTIONS = 3;

describe.runIf(process.platform === 'linux')('Prometheus', () => {
  const directory = temporaryDirectory();
  let node: RunningNode;
  let prometheus: ChildProcess | undefined;
  let url: string;
  let output = '';

  /** Data of an answer of Prometheus' API; null while it does not answer. */
  async function ask<T>(path: string, parameters: Readonly<Record<string, string>> = {}): Promise<T | null> {
    const answer = await fetch(`${url}/api/v1/${path}?${new URLSearchParams(parameters)}`).catch(() => null);
    if (answer === null || answer.status === 503) return null; // not listening yet, or reading its own log
    const { data, error } = (await answer.json()) as { data: T; error?: string };
    if (error !== undefined) throw new Error(`${parameters.query ?? path}: ${error}`);
    return data;
  }

  async function until<T>(question: () => Promise<T | null>): Promise<T> {
    const deadline = performance.now() + SEEN_WITHIN_MS;
    for (;;) {
      const answer = await question();
      if (answer !== null) return answer;
      if (performance.now() > deadline) throw new Error(`Prometheus does not get there:\n${output}`);
      await delay(100);
    }
  }

  beforeAll(async () => {
    const port = await freePort();
    node = await startNode({ directory: join(directory.path, 'store'), port });
    const client = new Connection(node.url, null);
    for (let i = 0; i < RESOLUTIONS; i++) await client.ask('GET', `/api/handles/88.118.10001/NOBODY-${i}`);
    await client.close();

    const folder = join(directory.path, 'prometheus');
    cpSync(PROMETHEUS_FOLDER, folder, { recursive: true });
    const file = join(folder, 'prometheus.yml');
    writeFileSync(file, readFileSync(file, 'utf8').replaceAll('15s', '1s'));
    writeFileSync(join(folder, 'targets', 'node.yml'), `- targets: ['127.0.0.1:${port}']\n`);
    const address = `127.0.0.1:${await freePort()}`;
    url = `http://${address}`;
    const storage = join(directory.path, 'metrics');
    const args = [`--config.file=${file}`, `--storage.tsdb.path=${storage}`, `--web.listen-address=${address}`];
    prometheus = spawn('prometheus', args, { stdio: ['ignore', 'ignore', 'pipe'] });
    prometheus.stderr?.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  });

  afterAll(async () => {
    const ended = prometheus === undefined ? null : once(prometheus, 'exit');
    prometheus?.kill('SIGTERM');
    await Promise.all([ended, node?.stop()]);
    directory.remove();
  });

  it('counts the resolutions of a node', async () => {
    const query = 'jiabiao_resolutions_total{job="jiabiao", door="handle-api", outcome="not-found", tier="store"}';
    const value = await until(async () => {
      const data = await ask<{ result: { value: [number, string] }[] }>('query', { query });
      return data?.result[0]?.value[1] ?? null;
    });
    expect(value).toBe(String(RESOLUTIONS));
  });

  it('knows every metric of the node by its type, and no other', async () => {
    const metadata = await until(() => ask<Record<string, { type: string }[]>>('metadata'));
    const scraped = Object.entries(metadata).map(([name, [first]]) => [name, first?.type]);
    const declared = Object.values(METRICS).map(({ name, type }) => [name, type]);
    expect(scraped.sort()).toEqual(declared.sort());
  });

  it('evaluates every rule without fault, and raises no alarm over a healthy node', async () => {
    interface Rule {
      readonly name: string;
      readonly health: string;
      readonly state?: string;
    }
    const rules = await until(async () => {
      const data = await ask<{ groups: { rules: Rule[] }[] }>('rules');
      const all = data?.groups.flatMap((group) => group.rules) ?? [];
      return all.length > 0 && all.every(({ health }) => health !== 'unknown') ? all : null;
    });
    expect(rules.filter(({ health }) => health !== 'ok')).toEqual([]);
    expect(rules.filter(({ state }) => state === 'firing')).toEqual([]);
  });

  it('answers every query of the dashboard', async () => {
    for (const query of dashboardQueries()) expect(await ask('query', { query }), query).not.toBeNull();
  });
});

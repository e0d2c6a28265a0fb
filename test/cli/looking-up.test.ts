// What config/guide.md has under "Look things up", asked of a real node: statistics, the audit trail and the log files agree with
// what was done.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { runHere } from './command-line.ts';
import { servedHere } from './served.ts';

const PREFIX = '88.118.20001';
const { directory, jiabiao, node } = servedHere();
const logs = join(directory.path, 'logs');

beforeAll(async () => {
  await jiabiao('enterprise', 'create', '--prefix', PREFIX, '--name', '中山家具', '--state', 'active');
  for (const suffix of ['A', 'B']) await jiabiao('register', `${PREFIX}/${suffix}`, '--value', '1:A=a');
  await jiabiao('register', `${PREFIX}/A`, '--value', '1:A=b');
  await jiabiao('revoke', `${PREFIX}/B`, '--reason', '召回');
  for (const suffix of ['A', 'A', 'B', 'NONE']) await jiabiao('resolve', `${PREFIX}/${suffix}`);
});

type Counts = Readonly<Record<string, number>>;
interface Row {
  readonly prefix: string;
  readonly live: number;
  readonly registrations: Counts;
  readonly resolutions: Counts;
}

/** Rows of the prefix: one, or two if midnight came in between. */
async function rowsOf(...args: readonly string[]): Promise<readonly Row[]> {
  const told = await jiabiao('stats', '--json', ...args);
  expect(told).toMatchObject({ code: 0, stderr: '' });
  return JSON.parse(told.stdout);
}

const sumOf = (counts: readonly Counts[]): Counts =>
  counts.reduce((sum, one) => Object.fromEntries(Object.entries(one).map(([name, n]) => [name, n + (sum[name] ?? 0)])));

describe('stats', () => {
  const resolved = { requests: 4, found: 2, notFound: 1, revoked: 1, referred: 0, failed: 0 };

  test('counts what was registered, and within seconds what was resolved', async () => {
    const resolutions = async () => sumOf((await rowsOf('--prefix', PREFIX)).map((row) => row.resolutions));
    await expect.poll(resolutions, { timeout: 30_000, interval: 200 }).toEqual(resolved);
    const rows = await rowsOf('--prefix', PREFIX);
    expect(new Set(rows.map(({ prefix }) => prefix))).toEqual(new Set([PREFIX]));
    expect(sumOf(rows.map((row) => row.registrations))).toEqual({ created: 2, updated: 1, revoked: 1, deleted: 0 });
    // A revoked one still answers, so it counts.
    expect(rows.at(-1)?.live).toBe(2);
  });

  test('is a table for people', async () => {
    const [head = '', ...rows] = (await jiabiao('stats', '--prefix', PREFIX)).stdout.trimEnd().split('\n');
    expect(head).toMatch(/^DAY +PREFIX +CREATED +UPDATED +REVOKED +DELETED +LIVE +RESOLUTIONS +FOUND/);
    expect(rows.at(-1)).toMatch(/^\d{4}-\d\d-\d\d +88\.118\.20001( +\d+){11}$/);
  });

  test('is of the days and the prefix asked for, and empty where nothing was', async () => {
    expect(await rowsOf('--from', '2001-01-01', '--to', '2001-01-02')).toEqual([]);
    expect(await rowsOf('--prefix', '88.118.20002')).toEqual([]);
    expect(await rowsOf('--limit', '1')).toHaveLength(1);
  });

  test.each([
    ['a day that is none', ['--from', 'yesterday'], 1],
    ['a number that is none', ['--limit', 'x'], 2],
    ['a prefix that is none', ['--prefix', 'a/b'], 1],
  ])('refuses %s', async (_, args, code) => {
    const told = await jiabiao('stats', ...args);
    expect(told).toMatchObject({ code, stdout: '' });
    expect(told.stderr).not.toBe('');
  });
});

interface Line {
  readonly at: string;
  readonly kind: string;
  readonly subject: string | null;
  readonly requestId: string | null;
  readonly principalId: string | null;
}

describe('audit list', () => {
  const lines = async (...args: readonly string[]): Promise<readonly Line[]> => {
    const told = await jiabiao('audit', 'list', '--json', ...args);
    expect(told).toMatchObject({ code: 0, stderr: '' });
    return JSON.parse(told.stdout);
  };

  beforeAll(async () => {
    writeFileSync(directory.file('nobody.key'), `jb_${'A'.repeat(43)}\n`, { mode: 0o600 });
    const asNobody = ['--url', node().url, '--key-file', directory.file('nobody.key')];
    expect((await runHere(['principal', 'list', ...asNobody])).code).toBe(1);
    await vi.waitFor(async () => expect(await lines('--kind', 'access-denied')).toHaveLength(1), { timeout: 10_000 });
  });

  test('shows who did what, in its order, and who was denied', async () => {
    const kinds = (await lines()).map(({ kind }) => kind);
    const told = ['node-started', 'enterprise-created', 'identifiers-revoked', 'access-denied'];
    expect(kinds.filter((kind) => told.includes(kind))).toEqual(told);
    const [head = '', ...rows] = (await jiabiao('audit', 'list')).stdout.trimEnd().split('\n');
    expect(head).toMatch(/^AT +KIND +PRINCIPAL +SUBJECT +FROM +REQUEST +DETAIL$/);
    expect(rows).toHaveLength(kinds.length);
    expect(rows.find((row) => row.includes('identifiers-revoked'))).toContain(`${PREFIX}/B`);
  });

  test('narrows the trail to a kind, a request, a principal and a time', async () => {
    const [revoked] = await lines('--kind', 'identifiers-revoked');
    expect(revoked).toMatchObject({ subject: `${PREFIX}/B`, principalId: 'operator' });
    const { at, requestId, principalId } = revoked as Line;
    expect(await lines('--request-id', requestId ?? '')).toEqual([revoked]);
    expect(new Set((await lines('--principal', principalId ?? '')).map((line) => line.principalId))).toEqual(
      new Set([principalId]),
    );
    expect((await lines('--from', at))[0]).toEqual(revoked);
    expect(await lines('--to', at)).not.toContainEqual(revoked);
    expect(await lines('--limit', '2')).toHaveLength(2);
    expect(await lines('--kind', 'key-revoked')).toEqual([]);
  });

  test.each([
    ['a kind that is none', ['--kind', 'nonsense'], 1],
    ['an instant that is none', ['--from', 'yesterday'], 1],
    ['a number that is none', ['--limit', 'x'], 2],
  ])('refuses %s', async (_, args, code) => {
    const told = await jiabiao('audit', 'list', ...args);
    expect(told).toMatchObject({ code, stdout: '' });
    expect(told.stderr).not.toBe('');
  });

  test('is in the files as well, found by the request and held together by their chain', async () => {
    const [revoked] = await lines('--kind', 'identifiers-revoked');
    const search = await runHere(['log', 'search', '--request-id', revoked?.requestId ?? '', '--directory', logs]);
    expect(search.code).toBe(0);
    expect(JSON.parse(search.stdout.split('\n')[0] ?? '')).toMatchObject({ kind: 'identifiers-revoked' });
    const unknown = await runHere(['log', 'search', '--request-id', 'nothing', '--directory', logs]);
    expect(unknown).toMatchObject({ code: 4, stdout: '' });
    const verified = await runHere(['audit', 'verify', '--directory', logs]);
    expect(verified).toMatchObject({ code: 0, stdout: expect.stringMatching(/Newest hash: [0-9a-f]{64}/) });
  });
});

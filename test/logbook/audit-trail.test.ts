// The audit trail on a real disk: what its files hold, how they follow each other, and that nobody can change them unseen.

import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nodeEvent } from '../../src/domain/audit.ts';
import { MAX_AUDIT_TEXT_LENGTH, MAX_WAITING_LOG_BYTES } from '../../src/domain/limits.ts';
import { verifyChain } from '../../src/logbook/chain.ts';
import { keepClientKey } from '../../src/logbook/client-key.ts';
import { leaveEvent } from '../../src/logbook/inbox.ts';
import { tidyFiles } from '../../src/logbook/upkeep.ts';
import { DAY_MS, event, HOUR_MS, type LogWorld, logWorld, subjectsOf, textsOf } from './world.ts';

let world: LogWorld;
beforeEach(() => {
  world = logWorld();
});
afterEach(() => world.remove());

const FIRST = 'audit-2026-03-01.0001.ndjson';

function edit(name: string, change: (text: string) => string): void {
  const path = join(world.directory, name);
  writeFileSync(path, change(readFileSync(path, 'utf8')));
}

describe('the trail', () => {
  it('holds one JSON object a line, with when, what, who and why', async () => {
    const file = world.openAudit();
    const full = {
      kind: 'access-denied',
      principalId: 'p-1',
      requestId: 'r-1',
      client: '192.0.2.7',
      subject: 'GET /v1/keys',
      detail: { code: 'FORBIDDEN', reason: '不行', count: 1 },
    } as const;
    file.append(full, world.clock.nowMs);
    await file.close();
    const line = JSON.parse(textsOf(world.directory, 'audit')[0] ?? '');
    expect(line).toEqual({ previous: '0'.repeat(64), at: '2026-03-01T04:00:00.000Z', ...full });
    expect(world.told.written).toBe(1);
  });

  it('is for the owner of the node alone', async () => {
    await world.audit('a');
    expect(statSync(world.directory).mode & 0o777).toBe(0o700);
    expect(statSync(join(world.directory, FIRST)).mode & 0o777).toBe(0o600);
  });

  it('shortens what somebody made very long', async () => {
    await world.audit('x'.repeat(MAX_AUDIT_TEXT_LENGTH), 'x'.repeat(MAX_AUDIT_TEXT_LENGTH + 1));
    expect(subjectsOf(world.directory).map((subject) => subject?.length)).toEqual([500, 501]);
    expect(subjectsOf(world.directory)[1]).toMatch(/…$/);
  });

  it('goes on where it ended, and in a new file for each day in China', async () => {
    await world.audit('a');
    await world.audit('b');
    world.clock.nowMs += 12 * HOUR_MS - 1;
    await world.audit('c');
    world.clock.nowMs += 1;
    await world.audit('d');
    expect(readdirSync(world.directory).sort()).toEqual([FIRST, 'audit-2026-03-02.0001.ndjson']);
    expect(subjectsOf(world.directory)).toEqual(['a', 'b', 'c', 'd']);
    expect(await verifyChain(world.directory)).toMatchObject({ files: 2, lines: 4, broken: null, beginsWith: null });
  });

  it('never goes back to an earlier file, even if the clock does', async () => {
    world.clock.nowMs += 12 * HOUR_MS;
    const file = world.openAudit();
    file.append(event('a'), world.clock.nowMs);
    world.clock.nowMs -= HOUR_MS;
    file.append(event('b'), world.clock.nowMs);
    await file.close();
    await world.audit('c');
    expect(readdirSync(world.directory)).toEqual(['audit-2026-03-02.0001.ndjson']);
    expect((await verifyChain(world.directory)).broken).toBeNull();
  });

  it('begins another file when one is large enough', async () => {
    const file = world.openAudit({ maxFileBytes: 300 });
    for (const subject of ['a', 'b', 'c', 'd', 'e']) {
      file.append(event(subject), world.clock.nowMs);
      while (world.told.written < subject.charCodeAt(0) - 96) await new Promise((resolve) => setImmediate(resolve));
    }
    await file.close();
    expect(world.told.files).toHaveLength(3);
    expect(subjectsOf(world.directory)).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect((await verifyChain(world.directory)).broken).toBeNull();
  });
});

describe('closed files', () => {
  it('are compressed, kept as long as they must be, and then deleted', async () => {
    for (const subject of ['a', 'b', 'c']) {
      await world.audit(subject);
      world.clock.nowMs += DAY_MS;
    }
    await world.audit('d');
    const current = 'audit-2026-03-04.0001.ndjson';
    writeFileSync(join(world.directory, 'audit-2026-03-02.0001.ndjson.gz.unfinished'), 'of a crash');
    writeFileSync(join(world.directory, 'client.key'), 'not a log');
    await tidyFiles({ directory: world.directory, stem: 'audit', current, oldestDay: '2026-03-02' });
    expect(readdirSync(world.directory).sort()).toEqual([
      'audit-2026-03-02.0001.ndjson.gz',
      'audit-2026-03-03.0001.ndjson.gz',
      current,
      'client.key',
    ]);
    expect(statSync(join(world.directory, 'audit-2026-03-02.0001.ndjson.gz')).mode & 0o777).toBe(0o600);
    expect(subjectsOf(world.directory)).toEqual(['b', 'c', 'd']);
    expect(await verifyChain(world.directory)).toMatchObject({
      broken: null,
      beginsWith: 'audit-2026-03-02.0001.ndjson.gz',
    });
  });

  it('are continued in the chain after a start that finds only compressed ones', async () => {
    await world.audit('a');
    await tidyFiles({ directory: world.directory, stem: 'audit', current: 'audit-9', oldestDay: '2026-01-01' });
    await world.audit('b');
    expect(subjectsOf(world.directory)).toEqual(['a', 'b']);
    expect((await verifyChain(world.directory)).broken).toBeNull();
  });
});

describe('the chain', () => {
  beforeEach(async () => {
    await world.audit('a', 'b', 'c', 'd');
  });

  it('holds as it was written', async () => {
    const report = await verifyChain(world.directory);
    expect(report).toMatchObject({ lines: 4, broken: null, torn: [] });
    expect(report.newest).toMatch(/^[0-9a-f]{64}$/);
  });

  const lines = (text: string): string[] => text.trimEnd().split('\n');
  it.each<[string, number, (text: string) => string]>([
    ['a line that was changed', 3, (text) => text.replace('"subject":"b"', '"subject":"B"')],
    ['a line that was taken out', 2, (text) => lines(text).toSpliced(1, 1).join('\n')],
    [
      'a line that was put in',
      3,
      (text) =>
        lines(text)
          .toSpliced(1, 0, lines(text)[1] ?? '')
          .join('\n'),
    ],
    ['two lines that changed places', 2, (text) => [0, 2, 1, 3].map((i) => lines(text)[i]).join('\n')],
    ['a line that was made unreadable', 3, (text) => text.replace('"subject":"b"', '"subject:"b"')],
  ])('shows %s', async (_, line, change) => {
    edit(FIRST, change);
    expect((await verifyChain(world.directory)).broken).toMatchObject({ file: FIRST, line });
  });

  it('shows a file that is missing between others, and one that is damaged', async () => {
    world.clock.nowMs += DAY_MS;
    await world.audit('e');
    world.clock.nowMs += DAY_MS;
    await world.audit('f');
    const current = 'audit-2026-03-03.0001.ndjson';
    await tidyFiles({ directory: world.directory, stem: 'audit', current, oldestDay: '2026-01-01' });
    const middle = join(world.directory, 'audit-2026-03-02.0001.ndjson.gz');
    const whole = readFileSync(middle);
    writeFileSync(middle, whole.subarray(0, whole.length - 9));
    expect((await verifyChain(world.directory)).broken?.reason).toMatch(/cannot be read/);
    rmSync(middle);
    expect((await verifyChain(world.directory)).broken).toMatchObject({ file: current, line: 1 });
  });

  it('tells lines missing at the end only by the newest hash, which therefore is told', async () => {
    const { newest } = await verifyChain(world.directory);
    edit(FIRST, (text) => `${lines(text).slice(0, 3).join('\n')}\n`);
    const report = await verifyChain(world.directory);
    expect(report.broken).toBeNull();
    expect(report.newest).not.toBe(newest);
  });

  it('goes on after a line that a crash cut off, which it names', async () => {
    appendFileSync(join(world.directory, FIRST), '{"previous":"12');
    await world.audit('e');
    const report = await verifyChain(world.directory);
    expect(report).toMatchObject({ lines: 6, broken: null, torn: [`${FIRST}:5`] });
    edit(FIRST, (text) => text.replace('{"previous":"12\n', '{"previous":"13\n'));
    expect((await verifyChain(world.directory)).broken).toMatchObject({ line: 6 });
  });
});

describe('a directory that takes nothing', () => {
  it('is tried again until it does: what waited is written in order, and the trouble told once', async () => {
    const parent = join(world.directory, '..');
    writeFileSync(world.directory, 'a file in the place of the directory');
    const file = world.openAudit();
    for (const subject of ['a', 'b']) file.append(event(subject), world.clock.nowMs);
    while (world.told.troubles.length === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(world.told.troubles[0]).toMatch(/EEXIST|ENOTDIR/);
    file.append(event('c'), world.clock.nowMs);
    rmSync(join(parent, 'logs'));
    while (world.told.written < 3) await new Promise((resolve) => setTimeout(resolve, 5));
    await file.close();
    expect(world.told.troubles).toEqual([expect.any(String), null]);
    expect(subjectsOf(world.directory)).toEqual(['a', 'b', 'c']);
    expect((await verifyChain(world.directory)).broken).toBeNull();
  });

  it.runIf(existsSync('/proc/self'))('is told where no directory can be made, and nobody waits for it', async () => {
    const file = world.openAudit({ directory: '/proc/self/none/below' });
    file.append(event('a'), world.clock.nowMs);
    await file.close();
    expect(world.told).toMatchObject({ lost: 1, troubles: [expect.stringMatching(/ENOENT|EACCES/)] });
    expect(keepClientKey('/proc/self/none/below')).toMatch(/^[0-9a-f]{64}$/);
    const left = { event: event('a'), atMs: world.clock.nowMs };
    expect(() => leaveEvent('/proc/self/none/below', 'name', left)).toThrow(/ENOENT|EACCES/);
  });

  it('loses what is more than may wait, counts it, and says so in the trail', async () => {
    writeFileSync(world.directory, 'a file in the place of the directory');
    const file = world.openAudit();
    const long = nodeEvent(
      'backup-made',
      'x',
      Object.fromEntries(Array.from({ length: 100 }, (_, i) => [i, 'y'.repeat(500)])),
    );
    const fits = Math.floor(MAX_WAITING_LOG_BYTES / JSON.stringify(long).length);
    for (let i = 0; i < fits + 10; i++) file.append(long, world.clock.nowMs);
    expect(world.told.lost).toBeGreaterThanOrEqual(10);
    rmSync(world.directory);
    mkdirSync(world.directory, { mode: 0o700 });
    await file.close();
    const last = textsOf(world.directory, 'audit').join('').trimEnd().split('\n').at(-1) ?? '';
    expect(JSON.parse(last)).toMatchObject({ kind: 'lines-lost', detail: { count: world.told.lost } });
  });
});

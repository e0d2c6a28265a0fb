// What was acknowledged is on disk: shown by a trace of system calls, since killing a process cannot show it, and by
// killing it all the same.

import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Handle } from '../../src/domain/handle.ts';
import { openLmdb } from './lmdb-world.ts';
import { P, temporaryDirectory } from './world.ts';
import { startWriting } from './writing-process.ts';

const TRACED = 'openat,write,writev,pwrite64,pwritev,pwritev2,fdatasync,fsync,msync';

/** What LMDB does for one commit, in this order: pages, sync, then the index through a descriptor that syncs each write. */
interface Commit {
  pagesAt: number;
  syncedAt: number;
  indexAt: number;
}

const UNFINISHED = /^(\d+) +(.*) <unfinished \.\.\.>$/;
const RESUMED = /^(\d+) +<\.\.\. \w+ resumed>(.*)$/;

/**
 * The calls of a trace, whole: where another thread came between, strace writes a call in two lines. It stands where it
 * ended, so that a sync counts from then on; what the program says stands where it began to.
 */
function callsOf(trace: string): string[] {
  const begun = new Map<string, string>();
  return trace.split('\n').flatMap((line) => {
    const [, thread = '', start = ''] = UNFINISHED.exec(line) ?? [];
    if (start !== '' && !/"(?:begin|acknowledged) /.test(start)) {
      begun.set(thread, start);
      return [];
    }
    const [, resumed = '', rest = ''] = RESUMED.exec(line) ?? [];
    const first = begun.get(resumed);
    begun.delete(resumed);
    return first === undefined ? [line] : [`${resumed} ${first}${rest}`];
  });
}

/** For each acknowledgement, whether everything between it and its request was on disk first. */
function judge(trace: string): { readonly number: number; readonly durable: boolean }[] {
  const judged: { number: number; durable: boolean }[] = [];
  let syncing = '';
  let commit: Commit = { pagesAt: -1, syncedAt: -1, indexAt: -1 };
  for (const [at, line] of callsOf(trace).entries()) {
    const opened = /openat\(.*\/data\.mdb", [^)]*O_DSYNC[^)]*\) += (\d+)/.exec(line);
    if (opened !== null) syncing = opened[1] as string;
    if (/"begin \d+\\n"/.test(line)) commit = { pagesAt: -1, syncedAt: -1, indexAt: -1 };
    const written = /(?:pwrite64|pwritev2?|writev?)\((\d+)<[^>]*\/data\.mdb>.*= \d+$/.exec(line);
    if (written !== null && written[1] === syncing) commit.indexAt = at;
    else if (written !== null) commit.pagesAt = at;
    if (/(?:fdatasync|fsync)\(\d+<[^>]*\/data\.mdb>\) += 0/.test(line)) commit.syncedAt = at;
    const acknowledged = /"acknowledged (\d+)\\n"/.exec(line);
    if (acknowledged === null) continue;
    const { pagesAt, syncedAt, indexAt } = commit;
    const durable = pagesAt > 0 && syncedAt > pagesAt && indexAt > syncedAt;
    judged.push({ number: Number(acknowledged[1]), durable });
  }
  return judged;
}

describe.runIf(process.platform === 'linux')('an acknowledgement (traced with strace, which Linux has)', () => {
  it('follows the sync of its data and of the index', { timeout: 60_000 }, async () => {
    const found = spawnSync('strace', ['-V']).status;
    expect(found, 'strace is missing: install it (Debian: apt-get install strace) and run the tests again').toBe(0);
    const directory = temporaryDirectory();
    const file = join(directory.path, 'trace');
    const wrapper = ['strace', '-f', '-y', '-s', '40', '-o', file, '-e', `trace=${TRACED}`];
    const { rest } = startWriting(join(directory.path, 'store'), 'few', wrapper);
    expect((await rest()).at(-1)).toBe('acknowledged 19');
    const judged = judge(readFileSync(file, 'utf8'));
    expect(judged).toEqual(Array.from({ length: 20 }, (_, number) => ({ number, durable: true })));
    directory.remove();
  });

  it('that comes before the sync would be seen', () => {
    const early = [
      'openat(AT_FDCWD, "/s/data.mdb", O_RDWR|O_DSYNC|O_CLOEXEC, 0664) = 20</s/data.mdb>',
      'write(1<pipe:[1]>, "begin 0\\n", 8) = 8',
      'pwrite64(19</s/data.mdb>, "x"..., 4096, 8192) = 4096',
      'write(1<pipe:[1]>, "acknowledged 0\\n", 15) = 15',
      'fdatasync(19</s/data.mdb>) = 0',
      'pwrite64(20</s/data.mdb>, "x"..., 120, 40) = 120',
    ];
    expect(judge(early.join('\n'))).toEqual([{ number: 0, durable: false }]);
    const [opened, begin, pages, acknowledged, sync, index] = early;
    expect(judge([opened, begin, pages, sync, index, acknowledged].join('\n'))).toEqual([{ number: 0, durable: true }]);
    const inTwo = [
      '7 fdatasync(19</s/data.mdb> <unfinished ...>',
      '8 write(5<x>, "", 0) = 0',
      '7 <... fdatasync resumed>) = 0',
    ];
    expect(judge([opened, begin, pages, ...inTwo, index, acknowledged].join('\n'))).toEqual([
      { number: 0, durable: true },
    ]);
    expect(judge([opened, begin, pages, inTwo[0], acknowledged, inTwo[2], index].join('\n'))).toEqual([
      { number: 0, durable: false },
    ]);
    expect(judge([opened, begin, sync, pages, index, acknowledged].join('\n'))).toEqual([
      { number: 0, durable: false },
    ]);
  });
});

describe('a process that is killed at any moment', () => {
  it('leaves every acknowledged write, a log without gaps, and counts that agree', { timeout: 120_000 }, async () => {
    const directory = temporaryDirectory();
    const acknowledged = new Map<string, number>();
    for (let kill = 0; kill < 20; kill++) {
      const { child, nextLine, rest } = startWriting(directory.path, 'endlessly');
      expect(await nextLine()).toBe('open');
      const lines: string[] = [];
      // Another number of acknowledgements each time, so that the moment is another one.
      for (let i = 0; i < 3 + kill * 17; i++) lines.push((await nextLine()) ?? '');
      child.kill('SIGKILL');
      lines.push(...(await rest()));
      for (const line of lines.filter((said) => said.includes(' '))) {
        const [handle = '', revision] = line.split(' ');
        acknowledged.set(handle, Math.max(Number(revision), acknowledged.get(handle) ?? 0));
      }
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    }
    const { store } = await openLmdb(directory.path);
    for (const [handle, revision] of acknowledged) {
      expect((await store.get(handle as Handle))?.revision ?? 0, handle).toBeGreaterThanOrEqual(revision);
    }
    const { sequence, records } = store.stats();
    let created = 0;
    for (let after = 0; after < sequence; after += 1000) {
      const rows = await store.changes(after, 1000);
      expect(rows.map((row) => row.sequence)).toEqual(rows.map((_, i) => after + i + 1));
      created += rows.flatMap((row) => row.entries).filter((entry) => entry.action === 'created').length;
    }
    const counts = await store.counts(P);
    expect(counts.live).toBe(records);
    expect(counts.days.reduce((sum, day) => sum + day.created, 0)).toBe(records);
    expect(created).toBe(records);
    expect(records).toBeGreaterThanOrEqual(acknowledged.size);
    await store.close();
    directory.remove();
  });
});

// Checking and exporting a registry take as much memory for many identifiers as for few: a machine that holds ninety
// million has no room for what grows with them.

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { start } from '../cli/command-line.ts';
import { openLmdb } from '../store/lmdb-world.ts';
import { apply, h, put, text } from '../store/world.ts';
import { temporaryDirectory } from './node.ts';

const FEW = 30_000;
const MANY = 150_000;
/** What collecting garbage sooner or later makes of it. Seventy bytes kept for each identifier would be seen. */
const PLAY_BYTES = 8 * 2 ** 20;
/** Garbage is collected soon, so that less of it hides what stays. */
const EAGER = '--max-old-space-size=16 --max-semi-space-size=1';
const AT_ONCE = 1000;
const SAMPLED_EVERY_MS = 10;

const directory = temporaryDirectory();
const at = (name: string): string => join(directory.path, name);

/** Identifiers, each of them changed once. */
async function fill(path: string, count: number): Promise<void> {
  const { store, close } = await openLmdb(path);
  for (const revision of [0, 1]) {
    for (let from = 0; from < count; from += AT_ONCE) {
      const handles = Array.from({ length: AT_ONCE }, (_, i) => h(`ITEM-${from + i}`));
      await apply(store, ...handles.map((one) => put(one, revision, { values: [text(1, `revision ${revision}`)] })));
    }
  }
  await close();
}

/** The most memory of its own, files it reads left out, that a command has had. */
async function peakOf(...args: readonly string[]): Promise<number> {
  const child = start(args, { NODE_OPTIONS: EAGER });
  child.stdout?.resume();
  const closed = once(child, 'close') as Promise<[number]>;
  let peak = 0;
  while (child.exitCode === null) {
    peak = Math.max(peak, ownBytesOf(child.pid ?? 0));
    await delay(SAMPLED_EVERY_MS);
  }
  expect((await closed)[0]).toBe(0);
  return peak;
}

function ownBytesOf(pid: number): number {
  try {
    return Number(/^RssAnon:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? 0) * 1024;
  } catch {
    return 0; // it has just ended
  }
}

describe.runIf(process.platform === 'linux')('the memory that a command takes', () => {
  beforeAll(async () => {
    await fill(at('few'), FEW);
    await fill(at('many'), MANY);
  });
  afterAll(() => directory.remove());

  it.each([['verify'], ['export']])('does not grow with the registry: %s', async (command) => {
    const few = await peakOf(command, '--store', at('few'));
    const many = await peakOf(command, '--store', at('many'));
    expect(few).toBeGreaterThan(2 ** 24);
    expect(many).toBeLessThan(few + PLAY_BYTES);
  });
});

// A process of its own that writes to a store and says on its output what was acknowledged, for tests that kill, trace
// or confine it. Started by `startWriting`; what it does is the second argument.

import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { isHandleError } from '../../src/domain/error.ts';
import { SILENT_OBSERVER } from '../../src/domain/observer.ts';
import { openLmdbStore } from '../../src/store/lmdb-store.ts';
import type { RegistryStore } from '../../src/store/registry-store.ts';
import { apply, h, put, text } from './world.ts';

/** hold: opens the store and waits. endlessly: eight writers until killed. few: twenty commits, one by one. until-full: until refused. */
export type Writing = 'hold' | 'endlessly' | 'few' | 'until-full';

export interface WritingProcess {
  readonly child: ChildProcessByStdio<null, Readable, null>;
  /** The lines of its output, one after the other; undefined at its end. */
  nextLine(): Promise<string | undefined>;
  /** All lines until its end. */
  rest(): Promise<string[]>;
}

/** `wrapper`: a command that runs the process, such as strace. */
export function startWriting(path: string, writing: Writing, wrapper: readonly string[] = []): WritingProcess {
  const [command = '', ...args] = [...wrapper, process.execPath, import.meta.filename, path, writing];
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const nextLine = async (): Promise<string | undefined> => (await lines.next()).value;
  const rest = async (): Promise<string[]> => {
    const all: string[] = [];
    for (let line = await nextLine(); line !== undefined; line = await nextLine()) all.push(line);
    return all;
  };
  return { child, nextLine, rest };
}

/** Straight to the descriptor: nothing of the runtime's buffers stands between an acknowledgement and its line. */
function say(line: string): void {
  writeSync(1, `${line}\n`);
}

async function writeEndlessly(store: RegistryStore): Promise<void> {
  const run = `${process.pid}`;
  await apply(store, put(h(`${run}-PARENT`)));
  const writer = async (_: unknown, number: number): Promise<never> => {
    for (let i = 0; ; i++) {
      const handle = h(`${run}-${number}-${i}`);
      await apply(store, put(handle, 0, { values: [text(1, `${i}`)], parent: h(`${run}-PARENT`) }));
      say(`${handle} 1`);
      if (i % 3 === 0) {
        await apply(store, put(handle, 1, { values: [text(1, 'again')] }));
        say(`${handle} 2`);
      }
    }
  };
  await Promise.all(Array.from({ length: 8 }, writer));
}

async function writeFew(store: RegistryStore): Promise<void> {
  for (let i = 0; i < 20; i++) {
    say(`begin ${i}`);
    await apply(store, put(h(`FEW-${i}`)));
    say(`acknowledged ${i}`);
  }
}

/** Says how many were written, why it ended, what can be read then, and what `stats` says. */
async function writeUntilFull(store: RegistryStore): Promise<void> {
  for (let i = 0; i < 10_000; i++) {
    try {
      await apply(store, put(h(`BIG-${i}`), 0, { values: [text(1, 'x'.repeat(60_000))] }));
    } catch (error) {
      const readable = (await store.getMany([h('BIG-0'), h(`BIG-${i}`)])).map((record) => record !== null);
      const code = isHandleError(error) ? error.code : String(error);
      const { readOnlyReason } = store.stats();
      say(JSON.stringify({ written: i, code, message: (error as Error).message, readable, readOnlyReason }));
      return;
    }
  }
}

async function write(path: string, writing: Writing): Promise<void> {
  let epoch = 0;
  const onVisible = (): void => void epoch++;
  const clock = (): number => Date.now();
  const visibleEpoch = (): number => epoch;
  const store = await openLmdbStore({ path, clock, visibleEpoch, onVisible, observer: SILENT_OBSERVER });
  say('open');
  if (writing === 'hold') setInterval(() => {}, 1000);
  if (writing === 'endlessly') await writeEndlessly(store);
  if (writing === 'few') await writeFew(store);
  if (writing === 'until-full') await writeUntilFull(store);
  if (writing !== 'hold') await store.close();
}

if (process.argv[1] === import.meta.filename) {
  const [path = '', writing = 'hold'] = process.argv.slice(2);
  await write(path, writing as Writing);
}

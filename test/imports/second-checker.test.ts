// A file that two threads check in turn comes out as one that was checked by one.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { MAX_ROW_BYTES } from '../../src/domain/limits.ts';
import { readPieces } from '../../src/imports/line-pieces.ts';
import { type CheckTask, serveChecks } from '../../src/imports/second-checker.ts';
import { CHAIRS, line, linesOf, openWorld, recordsOf, type World } from './world.ts';

const worlds: World[] = [];
const served: MessagePort[] = [];
afterEach(() => {
  for (const world of worlds.splice(0)) world.remove();
  for (const port of served.splice(0)) port.close();
});

/** Its second is served in this thread. */
async function sharedWorld(): Promise<World & { readonly helped: CheckTask[] }> {
  const helped: CheckTask[] = [];
  const startChecker = (task: CheckTask): MessagePort => {
    const { port1, port2 } = new MessageChannel();
    serveChecks(port2, { ...task, homed: [] });
    helped.push(task);
    served.push(port2);
    return port1;
  };
  const world = await openWorld({ startChecker });
  worlds.push(world);
  return { ...world, helped };
}

async function plainWorld(): Promise<World> {
  const world = await openWorld();
  worlds.push(world);
  return world;
}

/** Several pieces of rows, good and bad ones, out of order, twice, under parents, with many types. */
function largeFile(): string {
  const rows = Array.from({ length: 9000 }, (_, i) => {
    const number = (i * 7919) % 9000;
    const remark = '红木'.repeat(140);
    const values = [{ index: 2000, type: `TYPE_${i % 300}`, data: `${remark}${number}` }];
    if (i % 1000 === 7) return '{"handle":';
    if (i % 1000 === 8) return line(`I${number}`, { values: [{ index: 0, type: 'X', data: '' }] });
    if (i % 1000 === 9) return line(`I${((i - 4) * 7919) % 9000}`);
    return line(`I${number}`, { values, parent: i % 3 === 0 ? `${CHAIRS}/MODEL` : undefined });
  });
  return linesOf(...rows, line('MODEL'), line('ORPHAN', { parent: `${CHAIRS}/NOBODY` }));
}

describe('a file that two threads check', () => {
  it('ends as one that was checked by one, row for row', { timeout: 60_000 }, async () => {
    const [alone, helped] = [await plainWorld(), await sharedWorld()];
    const file = largeFile();
    expect(Buffer.byteLength(file)).toBeGreaterThan(5_000_000);
    const [one, other] = [await alone.run(file), await helped.run(file)];
    expect(helped.helped).toHaveLength(1);
    expect(other.state).toBe('done');
    expect(other.counts).toEqual(one.counts);
    expect(one.counts.refused).toBe(28);
    expect(await helped.report(other.id)).toEqual(await alone.report(one.id));
    expect(await recordsOf(helped)).toEqual(await recordsOf(alone));
  });

  it('is left to one where the first row that is refused ends it, and where rows are no lines', async () => {
    const world = await sharedWorld();
    expect((await world.run(linesOf(line('A'), '{'), { onError: 'stop' })).state).toBe('stopped');
    const mapping = { handle: '{编码}', values: [] };
    await world.run(`编码\n${CHAIRS}/B\n`, { format: 'csv', mapping });
    expect(world.helped).toEqual([]);
  });

  it('fails as a whole when its second is gone, and is begun again', async () => {
    const gone = await openWorld({
      startChecker: () => {
        const { port1, port2 } = new MessageChannel();
        port2.close();
        return port1;
      },
    });
    worlds.push(gone);
    await expect(gone.run(largeFile())).rejects.toThrow('is gone');
    expect(await recordsOf(gone)).toEqual([]);
  });
});

describe('pieces of a file', () => {
  it('end where lines do, know their first line, and are the file', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'jiabiao-pieces-'));
    const path = join(directory, 'file');
    const anyText = fc.array(fc.constantFrom('a', '桌', '\n', '\r\n', 'long '.repeat(9)), { maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(anyText, fc.integer({ min: 1, max: 50 }), async (parts, pieceBytes) => {
        const text = parts.join('');
        writeFileSync(path, text);
        let read = '';
        for await (const { bytes, firstLine } of readPieces(path, pieceBytes)) {
          expect(firstLine).toBe(read.split('\n').length);
          read += bytes.toString();
          if (read !== text) expect(read.endsWith('\n')).toBe(true);
        }
        expect(read).toBe(text);
      }),
    );
    // Of a line without an end only so much is held as shows that it is too long; the next line keeps its number.
    writeFileSync(path, `${'x'.repeat(5 * MAX_ROW_BYTES)}\nnext\n`);
    const pieces = [];
    for await (const piece of readPieces(path)) pieces.push(piece);
    expect(pieces[0]?.bytes.length).toBeGreaterThan(MAX_ROW_BYTES);
    expect(pieces[0]?.bytes.length).toBeLessThan(5 * MAX_ROW_BYTES);
    expect(pieces.map(({ bytes }) => bytes.toString().split('\n').length - 1).reduce((a, b) => a + b)).toBe(2);
    rmSync(directory, { recursive: true });
  });
});

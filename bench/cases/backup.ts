// A backup of ten million identifiers: read, compressed, sealed and on disk, held against what the disk itself takes.

import { closeSync, fsyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Sector } from '../generator.ts';
import { loadStore } from '../load-store.ts';
import type { BenchCase } from '../measure/bench-context.ts';
import { runCommand } from '../measure/commands.ts';
import { median } from '../measure/measurement.ts';

const MIN_MEGABYTES_PER_SECOND = 200;
const MEGABYTE = 1e6;
const ROUNDS = 3;

interface Done {
  readonly storeBytes: number;
  readonly fileBytes: number;
  readonly records: number;
  readonly seconds: number;
}

export const backup: BenchCase = {
  name: 'backup',
  async run(context) {
    const sector: Sector = { shape: 'slim', items: context.quick ? 500_000 : 10_000_000, seed: 20_261_123 };
    const folder = mkdtempSync(join(tmpdir(), 'jiabiao-bench-backup-'));
    try {
      const store = join(folder, 'store');
      const startedAt = performance.now();
      const rows = await loadStore(store, sector);
      const loadSeconds = (performance.now() - startedAt) / 1000;
      context.say(`loaded ${rows} identifiers in ${loadSeconds.toFixed(1)} s (${Math.round(rows / loadSeconds)}/s)`);
      const key = join(folder, 'key');
      await runCommand(['backup-key', key]);
      const disk: number[] = [];
      const all: Done[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        disk.push(diskSpeed(join(folder, 'disk')));
        const file = join(folder, `backup-${round}`);
        const printed = await runCommand(['backup', file, '--store', store, '--backup-key', key, '--json']);
        all.push(JSON.parse(printed) as Done);
        rmSync(file);
      }
      const speed = median(all.map(({ storeBytes, seconds }) => storeBytes / MEGABYTE / seconds));
      const reference = median(disk);
      const [one] = all as [Done];
      return [
        {
          measure: `${one.records.toLocaleString('en')} identifiers`,
          value: speed,
          unit: 'MB/s',
          reference,
          ratio: speed / reference,
          target: `≥ ${MIN_MEGABYTES_PER_SECOND} MB/s, or the disk's speed`,
          met: speed >= Math.min(MIN_MEGABYTES_PER_SECOND, reference),
          note: `${(one.storeBytes / MEGABYTE).toFixed(0)} MB of store into ${(one.fileBytes / MEGABYTE).toFixed(0)} MB in ${median(all.map(({ seconds }) => seconds)).toFixed(1)} s, the store in the page cache as far as it fits; the reference is a plain file written and synced`,
        },
      ];
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

/** Megabytes a second of bytes that do not compress, written and synced. */
function diskSpeed(file: string): number {
  const piece = Buffer.alloc(1 << 20);
  for (let i = 0; i < piece.length; i += 4) piece.writeInt32LE(Math.imul(i + 1, 0x9e3779b1), i);
  const pieces = 256;
  const startedAt = performance.now();
  const fd = openSync(file, 'w');
  for (let i = 0; i < pieces; i++) writeSync(fd, piece);
  fsyncSync(fd);
  closeSync(fd);
  const seconds = (performance.now() - startedAt) / 1000;
  rmSync(file);
  return (pieces * piece.length) / MEGABYTE / seconds;
}

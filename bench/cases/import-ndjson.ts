// One file through an import job, sorted and not, with and without an element that can be searched: identifiers a second
// from the file on disk to the end, and the anonymous memory it takes.

import { anonymousBytesOf } from '../driver/server-usage.ts';
import { beginImport, endImport, putTemplate, writeImportFile } from '../import-file.ts';
import { createEnterpriseKey } from '../load-sector.ts';
import type { BenchCase, BenchContext } from '../measure/bench-context.ts';
import type { Measured } from '../measure/measurement.ts';
import { toldSince, transactionsOf } from '../measure/transactions.ts';
import { whileRunning } from './resolving.ts';

const PREFIX = '88.118.40000';
const MIN_PER_SECOND = 120_000;
const MIN_SEARCHABLE_PER_SECOND = 40_000;
/** 400 MB. */
const MAX_MEBIBYTES = 381;
const MEBIBYTE = 2 ** 20;
/** The size that the target is for. */
const TARGET_IDENTIFIERS = 10_000_000;

export const importNdjson: BenchCase = {
  name: 'import-ndjson',
  run: async (context) => [
    ...(await measure(context, { isSorted: true, isSearchable: false })).speed,
    ...(await measure(context, { isSorted: false, isSearchable: false })).speed,
  ],
};

export const importSearchable: BenchCase = {
  name: 'import-searchable',
  run: async (context) => (await measure(context, { isSorted: false, isSearchable: true })).speed,
};

export const memoryImport: BenchCase = {
  name: 'memory-import',
  run: async (context) => (await measure(context, { isSorted: false, isSearchable: false })).memory,
};

interface Both {
  readonly speed: readonly Measured[];
  readonly memory: readonly Measured[];
}

interface Imported {
  readonly isSorted: boolean;
  readonly isSearchable: boolean;
}

async function measure(context: BenchContext, { isSorted, isSearchable }: Imported): Promise<Both> {
  const identifiers = context.identifiers;
  const least = isSearchable ? MIN_SEARCHABLE_PER_SECOND : MIN_PER_SECOND;
  const size = `${identifiers.toLocaleString('en')} identifiers, ${isSorted ? 'sorted' : 'unsorted'}`;
  const node = await context.emptyNode();
  const file = await writeImportFile(PREFIX, identifiers, isSorted);
  try {
    return await whileRunning([node], async () => {
      await createEnterpriseKey(node, PREFIX);
      await putTemplate(node, PREFIX, isSearchable);
      const idle = anonymousBytesOf(node.pid);
      let peak = idle;
      const watch = (): void => {
        peak = Math.max(peak, anonymousBytesOf(node.pid));
      };
      const before = await transactionsOf(node);
      const id = await beginImport(node, file);
      const { seconds, writingSeconds } = await endImport(node, id, file, watch);
      const transactions = toldSince(before, await transactionsOf(node));
      const perSecond = identifiers / seconds;
      const above = (peak - idle) / MEBIBYTE;
      const none = { reference: null, ratio: null } as const;
      return {
        speed: [
          {
            ...none,
            measure: size,
            value: perSecond,
            unit: 'identifiers/s',
            target: `≥ ${least.toLocaleString('en')}/s at 10 M`,
            met: identifiers < TARGET_IDENTIFIERS ? null : perSecond >= least,
            note: `${seconds.toFixed(1)} s, of these ${writingSeconds.toFixed(1)} s registering; ${transactions}`,
          },
        ],
        memory: [
          {
            ...none,
            measure: `RssAnon above idle, ${size}`,
            value: above,
            unit: 'MiB',
            target: `≤ ${MAX_MEBIBYTES} MiB`,
            met: above <= MAX_MEBIBYTES,
            note: `${Math.round(idle / MEBIBYTE)} MiB before, ${Math.round(peak / MEBIBYTE)} MiB at most`,
          },
        ],
      };
    });
  } finally {
    file.remove();
  }
}

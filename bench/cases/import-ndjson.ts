// One file through an import job, sorted and not: identifiers a second from the file on disk to the end, and the anonymous
// memory it takes.

import { anonymousBytesOf } from '../driver/server-usage.ts';
import { beginImport, endImport, writeImportFile } from '../import-file.ts';
import { createEnterpriseKey } from '../load-sector.ts';
import type { BenchCase, BenchContext } from '../measure/bench-context.ts';
import type { Measured } from '../measure/measurement.ts';
import { whileRunning } from './resolving.ts';

const PREFIX = '88.118.40000';
const MIN_PER_SECOND = 120_000;
const MAX_MEBIBYTES = 400;
const MEBIBYTE = 2 ** 20;
/** The size that the target is for. */
const TARGET_IDENTIFIERS = 10_000_000;

export const importNdjson: BenchCase = {
  name: 'import-ndjson',
  run: async (context) => [...(await measure(context, true)).speed, ...(await measure(context, false)).speed],
};

export const memoryImport: BenchCase = {
  name: 'memory-import',
  run: async (context) => (await measure(context, false)).memory,
};

interface Both {
  readonly speed: readonly Measured[];
  readonly memory: readonly Measured[];
}

async function measure(context: BenchContext, isSorted: boolean): Promise<Both> {
  const identifiers = context.identifiers;
  const size = `${identifiers.toLocaleString('en')} identifiers, ${isSorted ? 'sorted' : 'unsorted'}`;
  const node = await context.emptyNode();
  const file = await writeImportFile(PREFIX, identifiers, isSorted);
  try {
    return await whileRunning([node], async () => {
      await createEnterpriseKey(node, PREFIX);
      const idle = anonymousBytesOf(node.pid);
      let peak = idle;
      const watch = (): void => {
        peak = Math.max(peak, anonymousBytesOf(node.pid));
      };
      const id = await beginImport(node, file);
      const { seconds, writingSeconds } = await endImport(node, id, file, watch);
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
            target: `≥ ${MIN_PER_SECOND.toLocaleString('en')}/s at 10 M`,
            met: identifiers < TARGET_IDENTIFIERS ? null : perSecond >= MIN_PER_SECOND,
            note: `${seconds.toFixed(1)} s, of these ${writingSeconds.toFixed(1)} s registering`,
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

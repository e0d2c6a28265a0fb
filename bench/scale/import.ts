// `--import`: the whole size through one import job, sorted, as a manufacturer would bring it. The lines are made while they
// are sent, so that the machine needs room for one copy of the file and not for two.

import { anonymousBytesOf } from '../driver/server-usage.ts';
import { prefixesOf, type Sector } from '../generator.ts';
import { beginImport, endImport, madeSector, putTemplate } from '../import-file.ts';
import { createEnterpriseKey } from '../load-sector.ts';
import { startNode } from '../measure/children.ts';
import { describeMachine, type Machine } from '../measure/machine.ts';

const SAID_EVERY_MS = 15_000;

export interface ImportRecord {
  readonly identifiers: number;
  readonly at: string;
  readonly machine: Machine;
  /** From the file on the node's disk to the end of the import. */
  readonly perSecond: number;
  readonly seconds: number;
  /** Of these, the stage that registers. */
  readonly writingSeconds: number;
  /** The most anonymous memory of the process above what it had before. */
  readonly memoryAboveIdleBytes: number;
}

/** `store`: a directory that holds nothing yet. Throws if a row was refused. */
export async function importWhole(
  store: string,
  sector: Sector,
  workers: number,
  say: (line: string) => void,
): Promise<ImportRecord> {
  const node = await startNode({ directory: store, workers, profileFolder: null });
  let outcome: { readonly seconds: number; readonly writingSeconds: number };
  const idle = anonymousBytesOf(node.pid);
  let peak = idle;
  try {
    const [prefix] = prefixesOf(sector) as [string];
    await createEnterpriseKey(node, prefix);
    await putTemplate(node, prefix, false);
    const source = madeSector(sector);
    const sentAt = performance.now();
    const id = await beginImport(node, source);
    say(`sent in ${Math.round((performance.now() - sentAt) / 1000)} s`);
    let saidAt = performance.now();
    outcome = await endImport(node, id, source, () => {
      peak = Math.max(peak, anonymousBytesOf(node.pid));
      if (performance.now() - saidAt < SAID_EVERY_MS) return;
      saidAt = performance.now();
      say(`under way; ${Math.round((peak - idle) / 2 ** 20)} MiB above idle at most`);
    });
  } finally {
    await node.stop();
  }
  return {
    identifiers: sector.items,
    at: new Date().toISOString(),
    machine: describeMachine(),
    perSecond: sector.items / outcome.seconds,
    ...outcome,
    memoryAboveIdleBytes: peak - idle,
  };
}

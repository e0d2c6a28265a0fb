// Handles that are not ours, in files that the driver reads, and what a node counted about them.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { request } from 'undici';
import type { Workload } from '../driver/workload.ts';
import type { OurNode } from '../measure/children.ts';

export interface HandleFile {
  readonly handles: readonly string[];
  /** `requests` of them, one after the other from the `from`th on; behind the last comes the first. */
  workload(requests: number, from: number): Workload;
  remove(): void;
}

/** `<prefix>/<name>0000001` and so on; where there are several prefixes, of each in turn. */
export function writeHandles(name: string, count: number, prefixes = 1): HandleFile {
  const folder = mkdtempSync(join(tmpdir(), 'jiabiao-bench-handles-'));
  const file = join(folder, 'handles.txt');
  const handles = Array.from(
    { length: count },
    (_, i) => `20.500.${1 + (i % prefixes)}/${name}${String(i).padStart(7, '0')}`,
  );
  writeFileSync(file, handles.join('\n'));
  return {
    handles,
    workload: (requests, from) => ({ kind: 'resolve-listed', file, requests, from }),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** How often so far something happened to a cache, over all workers: `l2` `hit`, `l1` `stood-in`. */
export async function cacheEvents(node: OurNode, cache: string, event: string): Promise<number> {
  const { body } = await request(`http://127.0.0.1:${node.port}/metrics`);
  const line = `jiabiao_cache_events_total{cache="${cache}",event="${event}"} `;
  const found = (await body.text()).split('\n').find((one) => one.startsWith(line));
  return found === undefined ? 0 : Number(found.slice(line.length));
}

// How long a node's write transactions took, as it counts them itself: read before and after something, and compared.

import { request } from 'undici';
import type { OurNode } from './children.ts';

const NAME = 'jiabiao_commit_duration_seconds';
const LONG_SECONDS = '0.05';

export interface Transactions {
  readonly count: number;
  /** Of these, above 50 ms. */
  readonly long: number;
}

/** Since the node was started. */
export async function transactionsOf(node: OurNode): Promise<Transactions> {
  const { body } = await request(`http://127.0.0.1:${node.port}/metrics`);
  const text = await body.text();
  const count = sumOf(text, `${NAME}_count`);
  return { count, long: count - sumOf(text, `${NAME}_bucket`, `le="${LONG_SECONDS}"`) };
}

/** `12,345 transactions, 2 of them above 50 ms` */
export function toldSince(before: Transactions, now: Transactions): string {
  const count = (now.count - before.count).toLocaleString('en');
  return `${count} transactions, ${now.long - before.long} of them above 50 ms`;
}

/** Over all threads. */
function sumOf(text: string, name: string, label = ''): number {
  let sum = 0;
  for (const line of text.split('\n')) {
    if (line.startsWith(name) && line.includes(label)) sum += Number(line.slice(line.lastIndexOf(' ') + 1));
  }
  return sum;
}

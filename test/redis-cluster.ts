// A real Redis Cluster of three masters on loopback: its slots can be moved, a key at a time, under whoever uses it.

import { setTimeout as delay } from 'node:timers/promises';
import { type RedisProcess, startRedis } from './redis-server.ts';

const SLOTS = 16_384;
const READY_WITHIN_MS = 15_000;

export interface RedisCluster {
  readonly urls: readonly string[];
  /** At the master that has the key. */
  command(key: string, ...words: string[]): Promise<unknown>;
  /** Moves the key's slot, with all that is in it, to another master. Calls `half` when the move has been announced. */
  moveSlotOf(key: string, half: () => Promise<void>): Promise<void>;
  close(): Promise<void>;
}

export async function startCluster(): Promise<RedisCluster> {
  const settings = [
    '--cluster-enabled',
    'yes',
    '--cluster-node-timeout',
    '2000',
    '--cluster-require-full-coverage',
    'no',
  ];
  const nodes = await Promise.all([1, 2, 3].map(() => startRedis(settings)));
  const first = nodes[0] as RedisProcess;
  const share = Math.ceil(SLOTS / nodes.length);
  for (const [i, node] of nodes.entries()) {
    const last = Math.min(SLOTS, (i + 1) * share) - 1;
    await node.command('CLUSTER', 'ADDSLOTSRANGE', String(i * share), String(last));
    if (node !== first) await node.command('CLUSTER', 'MEET', '127.0.0.1', String(first.port));
  }
  await until(async () => {
    const states = await Promise.all(nodes.map((node) => node.command('CLUSTER', 'INFO')));
    return states.every((state) => /cluster_state:ok[\s\S]*cluster_known_nodes:3/.test(String(state)));
  });
  const idOf = async (node: RedisProcess): Promise<string> => String(await node.command('CLUSTER', 'MYID'));
  const ownerOf = async (slot: number): Promise<RedisProcess> => {
    const ranges = (await first.command('CLUSTER', 'SLOTS')) as [number, number, [string, number]][];
    const port = ranges.find(([from, to]) => from <= slot && slot <= to)?.[2][1];
    return nodes.find((node) => node.port === port) as RedisProcess;
  };
  const slotOf = async (key: string): Promise<number> => Number(await first.command('CLUSTER', 'KEYSLOT', key));
  return {
    urls: nodes.map(({ url }) => url),
    async command(key, ...words) {
      return (await ownerOf(await slotOf(key))).command(...words);
    },
    async moveSlotOf(key, half) {
      const slot = await slotOf(key);
      const from = await ownerOf(slot);
      const to = nodes.find((node) => node !== from) as RedisProcess;
      await to.command('CLUSTER', 'SETSLOT', String(slot), 'IMPORTING', await idOf(from));
      await from.command('CLUSTER', 'SETSLOT', String(slot), 'MIGRATING', await idOf(to));
      await half();
      const keys = (await from.command('CLUSTER', 'GETKEYSINSLOT', String(slot), '1000')) as string[];
      for (const one of keys) await from.command('MIGRATE', '127.0.0.1', String(to.port), one, '0', '1000');
      const owner = await idOf(to);
      for (const node of [to, from, ...nodes]) await node.command('CLUSTER', 'SETSLOT', String(slot), 'NODE', owner);
    },
    async close() {
      await Promise.all(nodes.map((node) => node.close()));
    },
  };
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + READY_WITHIN_MS;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error('the cluster did not come together');
    await delay(20);
  }
}

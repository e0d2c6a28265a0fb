// Checks the dictionary: every name has its number and every number its name; and the parents' numbers.

import type { ByteString } from '../domain/bytes.ts';
import { afterAll, fromUint32, toUint32 } from './lmdb-keys.ts';
import type { ScanOptions } from './lmdb-table.ts';
import { decodeHead } from './record-codec.ts';
import { shownBytes } from './verify-findings.ts';
import { type Walk, walkTable } from './verify-walk.ts';

const KINDS = 'PTMA';

export async function verifyNames(walk: Walk): Promise<void> {
  const { findings, view } = walk;
  const { tables } = view;
  const options = view.snapshot.options();
  await walkTable(walk, 'names', ({ key, value }) => {
    const [kind, id] = [key.slice(0, 1), fromUint32(key, 1)];
    if (!findings.expect(KINDS.includes(kind), 'names', () => `dictionary ${shownBytes(kind)} is unknown`)) return;
    const back = tables.numbers.get((kind + value) as ByteString, options);
    const holds = back !== null && fromUint32(back, 0) === id;
    findings.expect(
      holds,
      'numbers',
      () => `${shownBytes(value)} does not lead back to number ${id} of dictionary ${kind}`,
    );
  });
  await walkTable(walk, 'numbers', ({ key, value }) => {
    const [kind, name] = [key.slice(0, 1), key.slice(1)];
    const holds = tables.names.get((kind + value) as ByteString, options) === name;
    findings.expect(
      holds,
      'names',
      () => `number ${fromUint32(value, 0)} of dictionary ${kind} does not lead back to ${shownBytes(name)}`,
    );
  });
}

/** The numbers by which children name their parents. */
export async function verifyNodes(walk: Walk): Promise<void> {
  const { findings, view } = walk;
  const options = view.snapshot.options();
  await walkTable(walk, 'nodes', ({ key, value: recordKey }) => {
    const node = fromUint32(key, 0);
    const record = view.tables.records.get(recordKey, options);
    const head =
      record === null
        ? null
        : findings.attempt(
            'records',
            () => shownBytes(recordKey.slice(4)),
            () => decodeHead(record),
          );
    // A number given in a request that was then taken back is nobody's, and the record may have had another since; nothing
    // may hang on it.
    const isSpare = view.tables.children.first(blocksOf(key), options) === null;
    findings.expect(
      head?.node === node || isSpare,
      'nodes',
      () => `parent ${node} leads to ${shownBytes(recordKey.slice(4))}, which does not have that number`,
    );
  });
}

function blocksOf(nodeKey: ByteString): ScanOptions {
  return { start: nodeKey, end: afterAll(nodeKey) };
}

/** The key of the record with this number; null if there is none. */
export function recordOfNode({ view }: Walk, node: number): ByteString | null {
  return view.tables.nodes.get(toUint32(node), view.snapshot.options());
}

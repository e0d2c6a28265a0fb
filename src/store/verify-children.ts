// Checks the index of children against the records: every child it lists names that parent, in order and within the depth,
// and it lists as many as there are.

import type { ByteString } from '../domain/bytes.ts';
import { MAX_INHERITANCE_DEPTH } from '../domain/limits.ts';
import { fromUint32, toUint32 } from './lmdb-keys.ts';
import { beforeAll } from './lmdb-record-reading.ts';
import { decodeSuffixes } from './packed-suffixes.ts';
import { decodeHead } from './record-codec.ts';
import { recordOfNode } from './verify-names.ts';
import { placeOf } from './verify-records.ts';
import { type Walk, walkTable } from './verify-walk.ts';

/** `children`: how many records name a parent. */
export async function verifyChildren(walk: Walk, children: number): Promise<void> {
  let node = -1;
  let parentKey: ByteString | null = null;
  let last: ByteString | null = null;
  let listed = 0;
  await walkTable(walk, 'children', ({ key, value }) => {
    const low = key.slice(4) as ByteString;
    if (fromUint32(key, 0) !== node) {
      node = fromUint32(key, 0);
      parentKey = recordOfNode(walk, node);
      last = null;
      if (!walk.findings.expect(parentKey !== null, 'children', () => `parent ${node} has children and does not exist`))
        return;
      verifyDepth(walk, parentKey as ByteString);
    }
    if (parentKey === null) return;
    const place = (): string => `children of ${placeOf(walk, parentKey as ByteString)}`;
    for (const suffix of walk.findings.attempt('children', place, () => decodeSuffixes(low, value)) ?? []) {
      const inOrder = suffix >= low && (last === null || suffix > last);
      walk.findings.expect(inOrder, 'children', () => `${place()} are out of order at ${placeOf(walk, key)}`);
      last = suffix;
      listed += 1;
      verifyChild(walk, (parentKey.slice(0, 4) + suffix) as ByteString, node);
    }
  });
  const isWhole = walk.findings.expect(
    listed === children,
    'children',
    () => `${children} records name a parent, the index lists ${listed}`,
  );
  if (!isWhole) await nameMissing(walk);
}

function verifyChild(walk: Walk, key: ByteString, node: number): void {
  const { findings, view } = walk;
  const bytes = view.tables.records.get(key, view.snapshot.options());
  const head =
    bytes === null
      ? null
      : findings.attempt(
          'records',
          () => placeOf(walk, key),
          () => decodeHead(bytes),
        );
  findings.expect(
    head?.parentNode === node,
    'children',
    () => `${placeOf(walk, key)} is listed as a child of parent ${node} and is not`,
  );
}

/** A cycle shows as a chain that is too long. */
function verifyDepth(walk: Walk, parentKey: ByteString): void {
  const { findings, view } = walk;
  let depth = 1;
  for (let at: ByteString | null = parentKey; at !== null; depth++) {
    const bytes = view.tables.records.get(at, view.snapshot.options());
    const parent =
      bytes === null
        ? 0
        : (findings.attempt(
            'records',
            () => placeOf(walk, parentKey),
            () => decodeHead(bytes),
          )?.parentNode ?? 0);
    at = parent === 0 ? null : recordOfNode(walk, parent);
    if (depth > MAX_INHERITANCE_DEPTH) break;
  }
  findings.expect(
    depth <= MAX_INHERITANCE_DEPTH,
    'records',
    () => `what inherits from ${placeOf(walk, parentKey)} stands more than ${MAX_INHERITANCE_DEPTH} deep`,
  );
}

/** A second pass, only when something is missing: which children the index does not list. */
async function nameMissing(walk: Walk): Promise<void> {
  const { findings, view } = walk;
  await walkTable(walk, 'records', ({ key, value }) => {
    const head = findings.attempt(
      'records',
      () => placeOf(walk, key),
      () => decodeHead(value),
    );
    if (head === null || head.parentNode === 0) return;
    const nodeKey = toUint32(head.parentNode);
    const suffix = key.slice(4) as ByteString;
    const scan = { start: (nodeKey + suffix) as ByteString, end: beforeAll(nodeKey), reverse: true };
    const block = view.tables.children.first(scan, view.snapshot.options());
    const listed =
      block !== null &&
      (
        findings.attempt(
          'children',
          () => placeOf(walk, key),
          () => decodeSuffixes(block.key.slice(4) as ByteString, block.value),
        ) ?? []
      ).includes(suffix);
    findings.expect(listed, 'children', () => `${placeOf(walk, key)} is not listed among the children of its parent`);
  });
}

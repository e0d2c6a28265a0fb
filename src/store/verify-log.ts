// Checks the change log: gap-free, indexed by prefix, and one entry for every state that stands; and the counts beside it.

import { type ByteString, bytesFromText } from '../domain/bytes.ts';
import { type ChangeEntry, type ChangeSubject, loggedPrefixOf } from '../domain/change.ts';
import { type Handle, suffixOf } from '../domain/handle.ts';
import { decodeChangeRow } from './change-row-codec.ts';
import { decodeCounts, LIVE_DAY, readLiveCounts } from './lmdb-counts.ts';
import { fromUint32, fromUint64 } from './lmdb-keys.ts';
import { type Walk, walkTable } from './verify-walk.ts';

/** The newest revision of each enterprise, principal, key, home and template that the log has: there are few. */
export type LoggedRevisions = ReadonlyMap<string, number>;

export function loggedName(subject: ChangeSubject, name: string): string {
  return `${subject} ${name}`;
}

export async function verifyLog(walk: Walk): Promise<LoggedRevisions> {
  const { findings, view } = walk;
  const revisions = new Map<string, number>();
  let last = 0;
  let lastAt = Number.NEGATIVE_INFINITY;
  let marks = 0;
  await walkTable(walk, 'log', ({ key, value }) => {
    const sequence = fromUint64(key, 0);
    findings.expect(
      sequence === last + 1,
      'log',
      () => `row ${last + 1} is missing, row ${sequence} follows row ${last}`,
    );
    last = sequence;
    const row = findings.attempt(
      'log',
      () => `row ${sequence}`,
      () => decodeChangeRow(sequence, value, view.names),
    );
    if (row === null) return;
    findings.expect(row.at >= lastAt, 'log', () => `row ${sequence} was written before the row in front of it`);
    lastAt = row.at;
    const prefixes = new Set<ByteString>();
    for (const entry of row.entries) {
      const prefixKey = addEntry(walk, entry, revisions);
      if (prefixKey !== null) prefixes.add(prefixKey);
    }
    marks += prefixes.size;
    for (const prefixKey of prefixes) {
      const isMarked = view.tables.logByPrefix.get((prefixKey + key) as ByteString, view.snapshot.options()) !== null;
      findings.expect(
        isMarked,
        'logByPrefix',
        () => `row ${sequence} is not listed under prefix ${fromUint32(prefixKey, 0)}`,
      );
    }
  });
  const listed = await walkTable(walk, 'logByPrefix', ({ key }) => {
    const sequence = fromUint64(key, 4);
    findings.expect(sequence <= last, 'logByPrefix', () => `row ${sequence} is listed and does not exist`);
  });
  findings.expect(listed === marks, 'logByPrefix', () => `${listed} rows are listed by prefix, the log has ${marks}`);
  return revisions;
}

/** The prefix that is touched; null for principals and keys. */
function addEntry(walk: Walk, entry: ChangeEntry, revisions: Map<string, number>): ByteString | null {
  const { subject, name, revision } = entry;
  const prefix = loggedPrefixOf(entry);
  const prefixKey = prefix === null ? null : walk.view.names.prefixKey(prefix);
  if (subject !== 'record') {
    revisions.set(loggedName(subject, name), revision);
    return prefixKey;
  }
  if (prefixKey !== null)
    walk.sums.entry((prefixKey + bytesFromText(suffixOf(name as Handle))) as ByteString, revision);
  return prefixKey;
}

interface Counted {
  live: number;
  growth: number;
  changes: number;
}

/** After records and log: holds the counts against both. */
export async function verifyCounts(walk: Walk, live: number): Promise<void> {
  const { findings, sums, lots, view } = walk;
  const counted = new Map<ByteString, Counted>();
  await walkTable(walk, 'counters', ({ key, value }) => {
    const prefixKey = key.slice(0, 4) as ByteString;
    const counts = counted.get(prefixKey) ?? { live: 0, growth: 0, changes: 0 };
    counted.set(prefixKey, counts);
    const [first = 0, updated = 0, deleted = 0, revoked = 0] =
      findings.attempt(
        'counters',
        () => prefixOfKey(walk, prefixKey),
        () => decodeCounts(value),
      ) ?? [];
    if (fromUint32(key, 4) === LIVE_DAY) counts.live = first;
    else {
      counts.growth += first - deleted;
      counts.changes += first + updated + deleted + revoked;
    }
  });
  let issued: number | null = 0;
  for (const prefixKey of new Set([...counted.keys(), ...sums.byPrefix.keys(), ...lots.byPrefix.keys()])) {
    const { live: stored, growth, changes } = counted.get(prefixKey) ?? { live: 0, growth: 0, changes: 0 };
    const found = sums.byPrefix.get(prefixKey);
    const prefix = (): string => prefixOfKey(walk, prefixKey);
    const expect = (what: string, count: number, right: number): void => {
      findings.expect(count === right, 'counters', () => `${prefix()}: counted ${count} ${what}, there are ${right}`);
    };
    const ofLots = lots.byPrefix.get(prefixKey);
    if (ofLots?.isUnknown === true) issued = null;
    else {
      const live = (found?.live ?? 0) + (ofLots === undefined ? 0 : ofLots.codes - ofLots.records);
      if (issued !== null) issued += live;
      expect('identifiers', stored, live);
      expect('identifiers by day', growth, live);
    }
    // Of a lot every code counts, and the log has a line.
    if (ofLots === undefined) expect('changes by day', changes, found?.entries ?? 0);
    if (found === undefined) continue;
    const agree =
      found.states === found.entries && found.stateSum === found.entrySum && found.stateSum2 === found.entrySum2;
    findings.expect(
      agree,
      'log',
      () =>
        `${prefix()}: ${found.states} states of records stand, and the log's ${found.entries} entries are not theirs`,
    );
  }
  const totals = readLiveCounts(view);
  findings.expect(totals.records === live, 'meta', () => `counted ${totals.records} records in all, there are ${live}`);
  findings.expect(
    issued === null || totals.issued === issued,
    'meta',
    () => `counted ${totals.issued} identifiers in all, there are ${issued}`,
  );
}

function prefixOfKey({ view, findings }: Walk, prefixKey: ByteString): string {
  const id = fromUint32(prefixKey, 0);
  return (
    findings.attempt(
      'names',
      () => `prefix ${id}`,
      () => view.names.prefix(id),
    ) ?? `prefix ${id}`
  );
}

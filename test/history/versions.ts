// What the change log makes of the writes: each name's versions, one after the other, with whoever wrote them. Finds what the
// log lacks, repeats, confuses or made up.

import type { History, LogEntry, LogRow, Objection, Write } from './history.ts';

export interface Version {
  readonly write: Write;
  readonly sequence: number;
  readonly state: 'revoked' | 'found';
  readonly text: string;
  readonly notice: string | null;
}

export interface Versions {
  /** `versions[n]` of a name has revision n + 1. */
  readonly of: ReadonlyMap<string, readonly Version[]>;
  readonly objections: readonly Objection[];
}

const WRITTEN_ABOUT: ReadonlySet<string> = new Set(['record', 'lot']);

export function versionsOf({ writes, log }: Pick<History, 'writes' | 'log'>): Versions {
  const senders = new Map<string, Write>();
  for (const write of writes) for (const id of write.requestIds) senders.set(keyOf(id, write.name), write);
  const of = new Map<string, Version[]>();
  const objections: Objection[] = [...brokenOrder(log)];
  const found = new Map<Write, number>();
  for (const row of log) {
    for (const entry of row.entries) {
      if (!WRITTEN_ABOUT.has(entry.subject)) continue;
      const write = senders.get(keyOf(row.requestId ?? '', entry.name));
      if (write === undefined) {
        objections.push({ kind: 'stranger', text: `${said(row, entry)}: nobody has sent that` });
        continue;
      }
      objections.push(...objectionsTo(write, row, entry, found.get(write)));
      if (!found.has(write)) found.set(write, row.sequence);
      objections.push(...append(of, write, row, entry));
    }
  }
  for (const write of writes) {
    if (write.outcome === 'done' && !found.has(write)) {
      objections.push({ kind: 'lost', text: `${write.name} r${write.revision} (${write.text}) was acknowledged` });
    }
  }
  return { of, objections: [...objections, ...againstTime(of)] };
}

function keyOf(requestId: string, name: string): string {
  return `${requestId} ${name}`;
}

function said({ sequence }: LogRow, { name, action, revision }: LogEntry): string {
  return `row ${sequence} says that ${name} was ${action}, r${revision}`;
}

function* brokenOrder(log: readonly LogRow[]): Generator<Objection> {
  let before: LogRow | null = null;
  for (const row of log) {
    const wanted = (before?.sequence ?? 0) + 1;
    if (row.sequence > wanted) yield { kind: 'gap', text: `row ${row.sequence} stands where ${wanted} is due` };
    else if (row.sequence < wanted) yield { kind: 'order', text: `row ${row.sequence} comes after ${wanted - 1}` };
    if (before !== null && Date.parse(row.at) < Date.parse(before.at))
      yield { kind: 'order', text: `row ${row.sequence} is of ${row.at}, the one before it of ${before.at}` };
    before = row;
  }
}

function* objectionsTo(write: Write, row: LogRow, entry: LogEntry, earlier: number | undefined): Generator<Objection> {
  const what = said(row, entry);
  if (earlier !== undefined) yield { kind: 'duplicate', text: `${what}: so did row ${earlier}` };
  if (write.outcome === 'refused') yield { kind: 'contradiction', text: `${what}: that was refused` };
  if (write.revision !== null && write.revision !== entry.revision)
    yield { kind: 'contradiction', text: `${what}: r${write.revision} was acknowledged` };
  if (write.expected !== null && write.expected !== entry.revision - 1)
    yield { kind: 'contradiction', text: `${what}: it was to follow r${write.expected} only` };
  if (!actionsOf(write).includes(entry.action))
    yield { kind: 'contradiction', text: `${what}: what was sent was to ${write.kind} it` };
}

function actionsOf({ kind }: Write): readonly string[] {
  switch (kind) {
    case 'put':
      return ['created', 'updated'];
    case 'touch':
      return ['updated'];
    case 'recall':
      return ['recalled', 'updated']; // of what is recalled already, the notice is another
    case 'lift':
      return ['recall-lifted'];
    case 'revoke':
      return ['revoked'];
  }
}

function* append(of: Map<string, Version[]>, write: Write, row: LogRow, entry: LogEntry): Generator<Objection> {
  const line = of.get(entry.name) ?? [];
  if (entry.revision !== line.length + 1)
    yield { kind: 'order', text: `${said(row, entry)}: r${line.length + 1} is due` };
  const before = line.at(-1);
  line.push({
    write,
    sequence: row.sequence,
    state: write.kind === 'revoke' ? 'revoked' : (before?.state ?? 'found'),
    text: write.kind === 'put' ? write.text : (before?.text ?? ''),
    notice: write.kind === 'recall' ? write.text : write.kind === 'lift' ? null : (before?.notice ?? null),
  });
  of.set(entry.name, line);
}

/** Within a prefix, what was sent after something was acknowledged stands behind it. */
function* againstTime(of: ReadonlyMap<string, readonly Version[]>): Generator<Objection> {
  const prefixes = new Map<string, Version[]>();
  for (const [name, line] of of) {
    const prefix = prefixOf(name);
    const versions = prefixes.get(prefix) ?? [];
    for (const version of line) versions.push(version);
    prefixes.set(prefix, versions);
  }
  for (const versions of prefixes.values()) {
    versions.sort((a, b) => a.sequence - b.sequence);
    let latest: Version | null = null;
    for (const version of versions) {
      if (latest !== null && latest.sequence < version.sequence && latest.write.calledAt > version.write.answeredAt) {
        const text = `${version.write.text} was acknowledged before ${latest.write.text} was sent, and stands behind it`;
        yield { kind: 'order', text };
      }
      if (latest === null || version.write.calledAt > latest.write.calledAt) latest = version;
    }
  }
}

/** Ids of lots begin with their prefix too. */
export function prefixOf(name: string): string {
  return name.split(/[/:]/, 1)[0] ?? '';
}

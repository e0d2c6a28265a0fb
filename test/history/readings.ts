// What reads showed, held against the versions there were: each must show one of them, none older than what was
// acknowledged, or seen by anybody, as long ago as nodes promise to know of it.

import type { Disturbances, History, Objection, Promises, Read, Write } from './history.ts';
import type { Version } from './versions.ts';

/** How late reads were with what had been acknowledged when they began. */
export interface Staleness {
  /** Reads that lacked something acknowledged. */
  readonly late: number;
  readonly worstMs: number;
}

export interface Readings {
  readonly objections: readonly Objection[];
  /** At the run of a node that acknowledged it; at others; at others while something kept them from hearing of it. */
  readonly own: Staleness;
  readonly others: Staleness;
  readonly disturbed: Staleness;
}

/** Something that shows that a revision is there. */
interface Evidence {
  readonly revision: number;
  /** Since when. */
  readonly at: number;
  readonly write: Write;
  readonly isAcknowledged: boolean;
}

type Tally = { late: number; worstMs: number };

export function judgeReads(history: History, versions: ReadonlyMap<string, readonly Version[]>): Readings {
  const objections: Objection[] = [];
  const tallies = { own: tally(), others: tally(), disturbed: tally() };
  for (const [name, reads] of byName(history.reads)) {
    const line = versions.get(name) ?? [];
    const shown = new Map<Read, number>();
    const evidence: Evidence[] = acknowledged(line);
    for (const read of reads) {
      const revision = revisionShown(read, line);
      if (typeof revision !== 'number') {
        objections.push(revision);
        continue;
      }
      shown.set(read, revision);
      const write = line[revision - 1]?.write;
      if (write !== undefined) evidence.push({ revision, at: read.answeredAt, write, isAcknowledged: false });
    }
    for (const [run, ofRun] of Map.groupBy(shown, ([read]) => read.run)) {
      objections.push(...judgeRun({ run, shown: ofRun, evidence, history, tallies }));
    }
  }
  return { objections, ...tallies };
}

function tally(): Tally {
  return { late: 0, worstMs: 0 };
}

function byName(reads: readonly Read[]): ReadonlyMap<string, readonly Read[]> {
  return Map.groupBy(reads, ({ name }) => name);
}

function acknowledged(line: readonly Version[]): Evidence[] {
  return line.flatMap(({ write }, i) =>
    write.outcome === 'done' ? [{ revision: i + 1, at: write.answeredAt, write, isAcknowledged: true }] : [],
  );
}

/** The newest revision that looks so; 0 for "absent". */
function revisionShown({ name, run, calledAt, answeredAt, seen }: Read, line: readonly Version[]): number | Objection {
  if (seen.state === 'absent') return 0;
  const state = seen.state === 'nothing' ? 'revoked' : seen.state;
  const alike = (version: Version, i: number): boolean =>
    version.state === state &&
    (seen.text === undefined || version.text === seen.text) &&
    (seen.notice === undefined || version.notice === seen.notice) &&
    (seen.revision === undefined || seen.revision === i + 1);
  const isSent = ({ write }: Version): boolean => write.calledAt < answeredAt;
  const revision = line.findLastIndex((version, i) => isSent(version) && alike(version, i)) + 1;
  if (revision > 0 || seen.state === 'nothing') return revision;
  const kind = line.some(alike) ? 'from the future' : 'never written';
  return { kind, text: `${run} showed ${JSON.stringify(seen)} as ${name} (${calledAt.toFixed(0)})` };
}

interface RunReads {
  readonly run: string;
  readonly shown: readonly (readonly [Read, number])[];
  readonly evidence: readonly Evidence[];
  readonly history: History;
  readonly tallies: Readonly<Record<'own' | 'others' | 'disturbed', Tally>>;
}

function* judgeRun({ run, shown, evidence, history, tallies }: RunReads): Generator<Objection> {
  const { disturbances, promises } = history;
  const due = evidence
    .map((each) => ({ ...each, dueAt: dueAt(each, run, disturbances, promises) }))
    .toSorted((a, b) => a.dueAt - b.dueAt);
  const told = evidence.filter(({ isAcknowledged }) => isAcknowledged).toSorted((a, b) => a.at - b.at);
  let next = 0;
  let floor: (typeof due)[number] | null = null;
  for (const [read, revision] of shown.toSorted(([a], [b]) => a.calledAt - b.calledAt)) {
    for (let each = due[next]; each !== undefined && each.dueAt < read.calledAt; each = due[++next])
      if (floor === null || each.revision > floor.revision) floor = each;
    const missed = told.find((each) => each.revision > revision && each.at < read.calledAt);
    if (missed !== undefined) {
      const isOwn = isAtOnce(missed, run);
      const isPlain = dueAt(missed, run, disturbances, promises) === missed.at + promises.otherNodeMs;
      const into = tallies[isOwn ? 'own' : isPlain ? 'others' : 'disturbed'];
      into.late += 1;
      into.worstMs = Math.max(into.worstMs, read.calledAt - missed.at);
    }
    if (floor === null || floor.revision <= revision) continue;
    const how = floor.isAcknowledged ? 'acknowledged' : 'seen';
    const lateMs = (read.calledAt - floor.at).toFixed(0);
    const text = `${run} showed r${revision} of ${read.name} ${lateMs} ms after r${floor.revision} was ${how} by ${floor.write.runs.join()}`;
    yield { kind: 'stale', text: `${text} (${read.calledAt.toFixed(0)})` };
  }
}

/** Who acknowledges what it was sent once knows of it by then. */
function isAtOnce({ isAcknowledged, write }: Evidence, run: string): boolean {
  return isAcknowledged && write.runs.at(-1) === run;
}

/** From when on a run of a node must know of it. */
function dueAt(evidence: Evidence, run: string, { killedAt, deaf }: Disturbances, promises: Promises): number {
  const { at, write } = evidence;
  if (isAtOnce(evidence, run)) return at;
  let due = at + promises.otherNodeMs;
  // Who was to tell may have died before it did.
  for (const teller of write.runs) {
    const diedAt = killedAt.get(teller);
    if (diedAt !== undefined && diedAt <= at + promises.otherNodeMs)
      due = Math.max(due, diedAt + promises.afterDeathMs);
  }
  for (const [from, until] of deaf) if (from <= due && at <= until) due = Math.max(due, until);
  return due;
}

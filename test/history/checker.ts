// Whether a history is one that the nodes' promises allow: no acknowledged write lost, none shown as older than promised, and
// a change log of just what was done. Pure.

import type { History, Objection } from './history.ts';
import { judgeReads, type Readings } from './readings.ts';
import { versionsOf } from './versions.ts';

export interface Verdict extends Omit<Readings, 'objections'> {
  readonly objections: readonly Objection[];
  /** How many revisions each name has by the log. */
  readonly revisions: ReadonlyMap<string, number>;
}

export function judge(history: History): Verdict {
  const versions = versionsOf(history);
  const { objections, ...readings } = judgeReads(history, versions.of);
  return {
    objections: [...versions.objections, ...objections],
    revisions: new Map([...versions.of].map(([name, line]) => [name, line.length])),
    ...readings,
  };
}

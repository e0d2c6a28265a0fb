// Opens what keeps the record of a node: the files of its logs, the audit trail, and the counts of resolutions. Runs in the
// main thread, which the others report to.

import { type AuditTrail, nodeEvent } from '../domain/audit.ts';
import type { RegistryStore, TallyKeeper } from '../store/registry-store.ts';
import { auditCommits } from './audited-commits.ts';
import { systemClock } from './clock.ts';
import type { Config } from './config.ts';
import type { Counters } from './counters.ts';
import { openLogFiles, type Report } from './log-files.ts';
import type { Log } from './logs.ts';
import { StatisticsKeeper } from './statistics-keeper.ts';

export interface RecordParts {
  readonly config: Config;
  readonly counters: Counters;
  readonly log: Log;
  readonly store: RegistryStore & TallyKeeper;
}

export interface NodeRecord {
  readonly trail: AuditTrail;
  /** The same store, whose administrative commits are told to the trail. */
  readonly store: RegistryStore;
  /** Takes what threads report. */
  readonly receive: (report: Report) => void;
  /** The node answers; its end is told only of a node that did. */
  readonly started: (detail: Readonly<Record<string, string>>) => void;
}

export function openRecord(parts: RecordParts, opened: (() => void | Promise<void>)[]): NodeRecord {
  const { config, counters, log, store } = parts;
  const files = openLogFiles({ config, counters, log, clock: systemClock });
  const trail: AuditTrail = { record: (event) => files.receive({ kind: 'audit', event, atMs: systemClock() }) };
  let isStarted = false;
  opened.push(async () => {
    if (isStarted) trail.record(nodeEvent('node-stopped', null));
    await files.close();
  });
  const statistics = new StatisticsKeeper({ store, log });
  opened.push(() => statistics.close());
  return {
    trail,
    store: auditCommits(store, trail),
    receive(report) {
      if (report.kind === 'resolutions') statistics.receive(report.tallies);
      else files.receive(report);
    },
    started(detail) {
      trail.record(nodeEvent('node-started', null, detail));
      isStarted = true;
    },
  };
}

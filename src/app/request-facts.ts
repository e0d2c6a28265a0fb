// What becomes of the facts of a request in one serving thread: a line on standard error, a line in the request log, its
// denial, if it was one, into the audit trail, and what was resolved into the statistics.

import type { AuditTrail } from '../domain/audit.ts';
import { networkOf } from '../domain/client-network.ts';
import type { RequestLog } from '../http-server/http-server.ts';
import { createShowClient } from '../logbook/client-form.ts';
import { DenialGate } from '../logbook/denial-gate.ts';
import type { Config } from './config.ts';
import type { Counters } from './counters.ts';
import { logDirectoryOf, type Report } from './log-files.ts';
import { type Log, requestLog } from './logs.ts';
import { RequestRecords } from './request-records.ts';
import { ResolutionTallies } from './resolution-tallies.ts';

export interface RequestFactsOptions {
  readonly config: Pick<Config, 'log' | 'store'>;
  readonly log: Log;
  readonly counters: Counters;
  readonly clock: () => number;
  /** The key of pseudonyms. */
  readonly clientKey: string;
  /** To the main thread. */
  readonly report: (report: Report) => void;
}

export interface RequestFacts {
  readonly trail: AuditTrail;
  readonly log: RequestLog;
  /** Null if none is to be kept. */
  readonly keepsResolution: (() => boolean) | null;
  /** To be called once a second. */
  sweep(): void;
  /** Reports what was held back. A second call does nothing. */
  close(): void;
}

export function createRequestFacts(options: RequestFactsOptions): RequestFacts {
  const { config, log, counters, clock, clientKey, report } = options;
  const { clients, resolutionSample, keptPerSecond } = config.log;
  const show = createShowClient(clients, clientKey, clock);
  const trail: AuditTrail = { record: (event) => report({ kind: 'audit', event, atMs: clock() }) };
  const gate = new DenialGate(trail, clock);
  const keepsRecords = logDirectoryOf(config) !== null;
  const records = keepsRecords ? new RequestRecords({ keptPerSecond, clock, show, report }) : null;
  const tallies = new ResolutionTallies({ clock, report });
  counters.countByPrefix(tallies);
  const toStandardError = requestLog(log, resolutionSample);
  return {
    trail,
    keepsResolution: records === null ? null : () => records.takeRoom(),
    log: (entry) => {
      toStandardError(entry);
      records?.keep(entry);
      const { denial, client, method, route, requestId } = entry;
      if (denial === undefined) return;
      const principalId = entry.principalId ?? denial.principalId;
      const shown = { client: show(client), network: show(networkOf(client)) };
      gate.deny({ ...denial, principalId, method, route, requestId, ...shown });
    },
    sweep: () => {
      gate.sweep();
      records?.nextSecond();
    },
    close: () => {
      gate.flush();
      records?.close();
      tallies.close();
    },
  };
}

// What becomes of the facts of a request in one serving thread: a line on standard error, and its denial, if it was one,
// into the audit trail.

import type { AuditTrail } from '../domain/audit.ts';
import { networkOf } from '../domain/client-network.ts';
import type { RequestLog } from '../http-server/http-server.ts';
import { createShowClient } from '../logbook/client-form.ts';
import { DenialGate } from '../logbook/denial-gate.ts';
import type { Config } from './config.ts';
import type { Report } from './log-files.ts';
import { type Log, requestLog } from './logs.ts';

export interface RequestFactsOptions {
  readonly config: Pick<Config, 'log'>;
  readonly log: Log;
  readonly clock: () => number;
  /** The key of pseudonyms. */
  readonly clientKey: string;
  /** To the main thread. */
  readonly report: (report: Report) => void;
}

export interface RequestFacts {
  readonly trail: AuditTrail;
  readonly log: RequestLog;
  /** To be called about once a second. */
  sweep(): void;
  /** Reports what was held back. */
  flush(): void;
}

export function createRequestFacts(options: RequestFactsOptions): RequestFacts {
  const { config, log, clock, clientKey, report } = options;
  const trail: AuditTrail = { record: (event) => report({ kind: 'audit', event, atMs: clock() }) };
  const gate = new DenialGate(trail, clock);
  const show = createShowClient(config.log.clients, clientKey, clock);
  const toStandardError = requestLog(log, config.log.resolutionSample);
  return {
    trail,
    log: (entry) => {
      toStandardError(entry);
      const { denial, client, method, route, requestId } = entry;
      if (denial === undefined) return;
      const principalId = entry.principalId ?? denial.principalId;
      const shown = { client: show(client), network: show(networkOf(client)) };
      gate.deny({ ...denial, principalId, method, route, requestId, ...shown });
    },
    sweep: () => gate.sweep(),
    flush: () => gate.flush(),
  };
}

// Whether the node can take requests, judged from the counters that all threads share.

import { totalOf } from './counters.ts';

export interface Readiness {
  readonly ready: boolean;
  /** Why it is not ready, or what does not work although it is. */
  readonly reasons: readonly string[];
}

/** Ready while at least one thread listens; what is degraded is said, but resolving goes on. */
export function judgeReadiness(counters: SharedArrayBuffer): Readiness {
  const stopping = totalOf(counters, 'stopping') > 0;
  const listening = totalOf(counters, 'workersListening');
  const wanted = totalOf(counters, 'workers');
  const reasons: string[] = [];
  if (stopping) reasons.push('The node is stopping.');
  else if (listening < wanted) reasons.push(`${listening} of ${wanted} workers listen; the others are being started.`);
  if (totalOf(counters, 'storeReadOnly') > 0) {
    reasons.push('The store refuses writes (see the log for the cause); resolving goes on.');
  }
  return { ready: listening > 0 && !stopping, reasons };
}

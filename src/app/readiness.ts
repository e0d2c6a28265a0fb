// Whether the node can take requests and what of it does not work, judged from the counters that all threads share.

import type { Readiness } from '../http-server/service.ts';
import { totalOf } from './counters.ts';

/** Not ready while no thread listens; degraded, and worth traffic, while something else than resolving does not work. */
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
  if (totalOf(counters, 'logsFailing') > 0) {
    reasons.push('A log cannot be written (see the log on standard error for the cause); everything else goes on.');
  }
  if (totalOf(counters, 'certificateRefused') > 0) {
    reasons.push(
      'The TLS files cannot be used (see the log for the cause); the certificate read before goes on serving.',
    );
  }
  if (totalOf(counters, 'siteKeyRefused') > 0) {
    reasons.push(
      'The file of the Handle site’s keys cannot be used (see the log for the cause); the keys read before go on signing.',
    );
  }
  if (totalOf(counters, 'lotKeyMissing') > 0) {
    reasons.push(
      'The key of lots is missing (see the log for the file), so codes with check tags are not resolved; everything else is.',
    );
  }
  if (totalOf(counters, 'importsApart') > 0) {
    reasons.push('imports.directory is not the one that the leading node works in: imports handed in here wait.');
  }
  if (listening === 0 || stopping) return { status: 'not ready', reasons };
  return { status: reasons.length === 0 ? 'ready' : 'degraded', reasons };
}

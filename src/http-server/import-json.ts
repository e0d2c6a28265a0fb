// An import as answers and events show it.

import type { JobView } from '../imports/job.ts';
import { formatMilliseconds } from './instants.ts';

/** Without its mapping, which is what was sent, and long. */
export function jobJson(job: JobView): object {
  const { settings, createdAt, startedAt, endedAt } = job;
  const { mapping: _mapping, ...shown } = settings;
  return {
    ...job,
    settings: shown,
    createdAt: formatMilliseconds(createdAt),
    startedAt: startedAt === null ? null : formatMilliseconds(startedAt),
    endedAt: endedAt === null ? null : formatMilliseconds(endedAt),
  };
}

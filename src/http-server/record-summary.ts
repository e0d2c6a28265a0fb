// A record in a listing: what it is, without its values.

import type { HandleRecord } from '../domain/handle-record.ts';
import { formatMilliseconds } from './instants.ts';

export function summaryJson(record: HandleRecord): object {
  const { handle, status, recall, parent, template, revision, createdAt, updatedAt } = record;
  const instants = { createdAt: formatMilliseconds(createdAt), updatedAt: formatMilliseconds(updatedAt) };
  return { handle, status, isRecalled: recall !== null, parent, template, revision, ...instants };
}

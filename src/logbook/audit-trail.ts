// The audit trail in its files: one writer for the whole node, in the main thread. Every line is chained to the one before,
// and synced to the disk before anything else is written.

import { type AuditDetail, type AuditEvent, nodeEvent } from '../domain/audit.ts';
import { MAX_AUDIT_TEXT_LENGTH } from '../domain/limits.ts';
import { createChain } from './chain.ts';
import { LineWriter, type LineWriterOptions } from './line-writer.ts';

export type AuditFileOptions = Omit<LineWriterOptions, 'stem' | 'isSynced' | 'sealing' | 'lossLine'>;

export interface AuditFile {
  /** `atMs`: when it happened. */
  append(event: AuditEvent, atMs: number): void;
  /** Writes what waits, then closes. A second call does nothing. */
  close(): Promise<void>;
}

/** Nothing is opened before the first event. */
export function openAuditFile(options: AuditFileOptions): AuditFile {
  const writer = new LineWriter({
    ...options,
    stem: 'audit',
    isSynced: true,
    sealing: createChain(),
    lossLine: (count) => formatEvent(nodeEvent('lines-lost', null, { count }), options.clock()),
  });
  return {
    append: (event, atMs) => writer.append(formatEvent(event, atMs), 1),
    close: () => writer.close(),
  };
}

function formatEvent(event: AuditEvent, atMs: number): string {
  const { kind, principalId, requestId, client, subject, detail } = event;
  return JSON.stringify({
    at: new Date(atMs).toISOString(),
    kind,
    principalId: shortened(principalId),
    requestId: shortened(requestId),
    client: shortened(client),
    subject: shortened(subject),
    detail: shortenedAll(detail),
  });
}

function shortenedAll(detail: AuditDetail): AuditDetail {
  const entries = Object.entries(detail).map(([name, value]) => [
    name,
    typeof value === 'string' ? shortened(value) : value,
  ]);
  return Object.fromEntries(entries);
}

function shortened<T extends string | null>(text: T): T | string {
  return text !== null && text.length > MAX_AUDIT_TEXT_LENGTH ? `${text.slice(0, MAX_AUDIT_TEXT_LENGTH)}…` : text;
}

// A log directory of its own for each test, with a clock that the test moves.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { type AuditEvent, nodeEvent } from '../../src/domain/audit.ts';
import { type AuditFile, openAuditFile } from '../../src/logbook/audit-trail.ts';
import { type LogStem, listFiles } from '../../src/logbook/day-files.ts';

/** 2026-03-01 12:00 in China. */
const NOON = Date.UTC(2026, 2, 1, 4);
export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

export interface LogWorld {
  readonly directory: string;
  readonly clock: { nowMs: number };
  /** What the writer told: files begun, lines written and lost, troubles. */
  readonly told: { files: string[]; written: number; lost: number; troubles: (string | null)[] };
  readonly options: Parameters<typeof openAuditFile>[0];
  openAudit(more?: Partial<Parameters<typeof openAuditFile>[0]>): AuditFile;
  /** Writes the events through a writer of its own. */
  audit(...subjects: string[]): Promise<void>;
  remove(): void;
}

export function logWorld(): LogWorld {
  const parent = mkdtempSync(join(tmpdir(), 'jiabiao-logs-'));
  const directory = join(parent, 'logs');
  const clock = { nowMs: NOON };
  const told: LogWorld['told'] = { files: [], written: 0, lost: 0, troubles: [] };
  const options: LogWorld['options'] = {
    directory,
    clock: () => clock.nowMs,
    maxFileBytes: 1 << 20,
    onNewFile: (name) => told.files.push(name),
    onWritten: (lines) => {
      told.written += lines;
    },
    onLost: (lines) => {
      told.lost += lines;
    },
    onTrouble: (reason) => told.troubles.push(reason),
  };
  const openAudit = (more: Partial<LogWorld['options']> = {}): AuditFile => openAuditFile({ ...options, ...more });
  return {
    directory,
    clock,
    told,
    options,
    openAudit,
    audit: async (...subjects) => {
      const file = openAudit();
      for (const subject of subjects) file.append(event(subject), clock.nowMs);
      await file.close();
    },
    remove: () => rmSync(parent, { recursive: true, force: true }),
  };
}

export function event(subject: string): AuditEvent {
  return nodeEvent('backup-made', subject);
}

/** The text of every file of a log, in order. */
export function textsOf(directory: string, stem: LogStem): string[] {
  return listFiles(directory, stem).map(({ name, isCompressed }) => {
    const bytes = readFileSync(join(directory, name));
    return (isCompressed ? gunzipSync(bytes) : bytes).toString('utf8');
  });
}

/** What the lines of a log are about. */
export function subjectsOf(directory: string): (string | null)[] {
  const lines = textsOf(directory, 'audit').join('').trimEnd().split('\n');
  return lines.map((line) => (JSON.parse(line) as AuditEvent).subject);
}

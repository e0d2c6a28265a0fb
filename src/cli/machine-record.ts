// Acts of whoever is at the node's machine, for the audit trail: commands on a store that no door has seen.

import { randomUUID } from 'node:crypto';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../app/clock.ts';
import { type AuditDetail, type AuditKind, nodeEvent } from '../domain/audit.ts';
import { leaveEvent } from '../logbook/inbox.ts';
import type { Terminal } from './terminal.ts';

export interface MachineAct {
  readonly kind: AuditKind;
  readonly subject: string;
  readonly detail: AuditDetail;
}

/** Where the logs of a store are: beside it, unless the settings say otherwise. Null if none are kept. */
async function logDirectory(store: string | undefined, config: string | undefined): Promise<string | null> {
  if (store !== undefined && config === undefined) return join(store, 'logs');
  const { loadConfig } = await import('../app/config.ts');
  const { logDirectoryOf } = await import('../app/log-files.ts');
  const settings = loadConfig({ file: config });
  return logDirectoryOf({ ...settings, store: { ...settings.store, path: store ?? settings.store.path } });
}

/** Tells the person if it could not be recorded; what was done stays done. */
export async function recordAct(
  { store, config }: { readonly store?: string | undefined; readonly config?: string | undefined },
  { kind, subject, detail }: MachineAct,
  terminal: Terminal,
): Promise<void> {
  try {
    const directory = await logDirectory(store, config);
    if (directory === null) return;
    const event = nodeEvent(kind, subject, { ...detail, user: userInfo().username });
    leaveEvent(directory, randomUUID(), { event, atMs: systemClock() });
  } catch (error) {
    terminal.note(`This is not in the audit trail: ${(error as Error).message}.`);
  }
}

// How commands on the node's machine get into the audit trail, which one process alone writes: each leaves a file beside it,
// and the node takes it in, at once if it runs and else at its next start.

import { renameSync, writeFileSync } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { makeDirectory } from '../disk/make-directory.ts';
import { AUDIT_KINDS, type AuditEvent } from '../domain/audit.ts';

const NAME = /^left-[0-9a-f-]{36}\.json$/;
const FILE_MODE = 0o600;
const DIRECTORY_MODE = 0o700;

export interface LeftEvent {
  readonly event: AuditEvent;
  readonly atMs: number;
}

/** `name`: a UUID. Throws what the directory throws. */
export function leaveEvent(directory: string, name: string, left: LeftEvent): void {
  const file = join(directory, `left-${name}.json`);
  makeDirectory(directory, DIRECTORY_MODE);
  writeFileSync(`${file}.unfinished`, JSON.stringify(left), { mode: FILE_MODE, flush: true });
  renameSync(`${file}.unfinished`, file);
}

/** Takes in what was left, oldest first; a file that is none of ours, or damaged, is left where it is. */
export async function takeEvents(directory: string, take: (left: LeftEvent) => void): Promise<void> {
  // A directory that is missing or unreadable holds nothing for us; what is wrong with it, its writer tells.
  const names = await readdir(directory).catch(() => []);
  const found: { readonly path: string; readonly left: LeftEvent }[] = [];
  for (const name of names) {
    if (!NAME.test(name)) continue;
    const path = join(directory, name);
    const left = parseLeft(await readFile(path, 'utf8').catch(() => ''));
    if (left !== null) found.push({ path, left });
  }
  for (const { path, left } of found.sort((a, b) => a.left.atMs - b.left.atMs)) {
    // Away before it is taken: it must not get into the trail twice.
    const isAway = await rm(path).then(
      () => true,
      () => false,
    );
    if (isAway) take(left);
  }
}

function parseLeft(text: string): LeftEvent | null {
  try {
    const { event, atMs } = JSON.parse(text) as Partial<LeftEvent>;
    if (event === undefined || !AUDIT_KINDS.includes(event.kind) || typeof atMs !== 'number') return null;
    return { event: { ...event, detail: event.detail ?? {} }, atMs };
  } catch {
    return null; // not JSON
  }
}

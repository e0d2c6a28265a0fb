// A backup as it is made in life: by another process, beside the one that has the store open.

import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type ErrorCode, HandleError } from '../../src/domain/error.ts';
import type { BackupDone, BackupOptions } from '../../src/store/backup-writer.ts';

const PROGRAM = fileURLToPath(new URL('./visiting-process.ts', import.meta.url));

/** What the other process is sent. */
export interface VisitOrder {
  readonly options: Omit<BackupOptions, 'progress'>;
  /** The store's file is made so much longer at each step. */
  readonly growsBy: number;
}

/** What it answers. */
export type VisitNews =
  | { readonly kind: 'progress'; readonly numbers: Parameters<BackupOptions['progress']> }
  | { readonly kind: 'done'; readonly done: BackupDone }
  | { readonly kind: 'failed'; readonly code: ErrorCode | null; readonly message: string };

/** As `writeBackup`. */
export function writeBackupElsewhere(
  { progress, ...options }: BackupOptions,
  { growsBy } = { growsBy: 0 },
): Promise<BackupDone> {
  const child = fork(PROGRAM, { serialization: 'advanced' });
  return new Promise((resolve, reject) => {
    // After what it had to say: then the promise is kept already.
    child.once('disconnect', () => reject(new Error('The process that visits ended without a word.')));
    child.on('message', (news: VisitNews) => {
      if (news.kind === 'progress') progress(...news.numbers);
      else if (news.kind === 'done') resolve(news.done);
      else reject(news.code === null ? new Error(news.message) : new HandleError(news.code, news.message));
    });
    child.send({ options, growsBy } satisfies VisitOrder);
  });
}

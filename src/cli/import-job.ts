// One import at a node, from here: the file sent as a stream, and how it fares, shown until it is over.

import { createReadStream } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { JobProgress, JobState } from '../imports/job.ts';
import { isOver } from '../imports/job.ts';
import type { ApiClient } from './client.ts';
import { CommandFailure, EXIT } from './exit-codes.ts';
import { STANDARD_INPUT } from './import-file.ts';
import { showJobProgress, showProgress } from './import-progress.ts';
import type { Terminal } from './terminal.ts';

/** An import as the node tells of it. */
export interface JobJson {
  readonly id: string;
  readonly state: JobState;
  readonly bytes: number;
  readonly settings: { readonly fileName: string | null; readonly dryRun: boolean; readonly format: string };
  readonly createdAt: string;
  readonly endedAt: string | null;
  readonly counts: { readonly [outcome: string]: number } & { readonly rows: number; readonly refused: number };
  readonly progress: JobProgress | null;
  readonly encoding: string | null;
  readonly reason: string | null;
}

export interface FileToSend {
  readonly file: string;
  /** 0 if it is not known. */
  readonly bytes: number;
  readonly path: string;
}

/** Attempts in a row that bring nothing: with the pauses between them about half a minute, a node's restart. */
const MAX_ATTEMPTS = 8;
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 8000;

export async function sendFile(
  client: ApiClient,
  { file, bytes, path }: FileToSend,
  terminal: Terminal,
): Promise<JobJson> {
  const progress = showProgress(bytes, terminal, 'sent');
  let sent = 0;
  const source = file === STANDARD_INPUT ? process.stdin : createReadStream(file);
  const counted = async function* (): AsyncGenerator<Buffer> {
    for await (const chunk of source) {
      yield chunk as Buffer;
      sent += (chunk as Buffer).length;
      progress.update(sent, 0);
    }
  };
  try {
    const { body } = await client.upload({ path, chunks: counted(), bytes: bytes > 0 ? bytes : null });
    return body as JobJson;
  } finally {
    progress.stop();
  }
}

/** Returns when it is over. A node that is started again meanwhile goes on, and so does this. */
export async function followJob(client: ApiClient, id: string, terminal: Terminal): Promise<JobJson> {
  const progress = showJobProgress(terminal);
  let job: JobJson | null = null;
  try {
    for (let attempt = 1; ; attempt++) {
      try {
        for await (const block of await client.stream(`/v1/imports/${id}/events`, {})) {
          const data = /^data: (.*)$/m.exec(block)?.[1];
          if (data === undefined) continue;
          attempt = 1;
          job = JSON.parse(data) as JobJson;
          progress.update(job);
        }
        if (job !== null && isOver(job.state)) return job;
      } catch (error) {
        const isLost = error instanceof CommandFailure && error.exitCode === EXIT.unreachable;
        if (!isLost || attempt >= MAX_ATTEMPTS) throw error;
      }
      await delay(Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** attempt));
    }
  } finally {
    progress.stop();
  }
}

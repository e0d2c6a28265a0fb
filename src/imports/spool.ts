// Takes the bytes of an upload to disk in constant memory, within what is allowed and what the disk has room for.

import { open, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { HandleError } from '../domain/error.ts';
import type { UploadBody } from './import-service.ts';
import type { JobFormat } from './job.ts';
import { syncDirectory } from './job-files.ts';

export interface SpoolLimits {
  /** Of one file. */
  readonly fileBytes: number;
  /** That stay free on the disk. */
  readonly freeBytes: number;
}

/** An import takes about this many times its file while it runs: the file, and its rows sorted. */
const DISK_FACTOR = 2.5;
/** Between two looks at the disk. */
const LOOK_BYTES = 67_108_864;
const HEAD_BYTES = 64;

export interface Spooled {
  readonly bytes: number;
  /** The first bytes. */
  readonly head: Buffer;
}

/** On disk on return. Throws `PAYLOAD_TOO_LARGE`, `STORE_READ_ONLY`, `INVALID_REQUEST` if it is empty or comes short. */
export async function spool(path: string, body: UploadBody, limits: SpoolLimits): Promise<Spooled> {
  const { chunks, declaredBytes } = body;
  if (declaredBytes !== null) await assertFits(path, declaredBytes, 0, limits);
  let bytes = 0;
  let head = Buffer.alloc(0);
  let looked = 0;
  const file = await open(path, 'w');
  try {
    for await (const chunk of chunks) {
      if (head.length < HEAD_BYTES) head = Buffer.concat([head, chunk.subarray(0, HEAD_BYTES - head.length)]);
      bytes += chunk.length;
      if (bytes > limits.fileBytes) throw tooLarge(limits);
      if (bytes - looked >= LOOK_BYTES || looked === 0) {
        await assertFits(path, bytes, looked, limits);
        looked = bytes;
      }
      await file.writeFile(chunk);
    }
    await file.sync();
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'ENOSPC' ? diskFull(limits) : error;
  } finally {
    await file.close();
  }
  if (declaredBytes !== null && bytes !== declaredBytes) throw cutShort(bytes, declaredBytes);
  if (bytes === 0) throw new HandleError('INVALID_REQUEST', 'The file is empty: send one with a row at least.');
  syncDirectory(dirname(path));
  return { bytes, head };
}

/** What a file is, where nobody says it: a workbook is a zip file, and NDJSON begins with an object. */
export function formatOfBytes(head: Buffer): JobFormat {
  if (head.subarray(0, 4).toString('latin1') === 'PK\x03\x04') return 'xlsx';
  return head
    .toString('utf8')
    .replace(/^\uFEFF/, '')
    .trimStart()
    .startsWith('{')
    ? 'ndjson'
    : 'csv';
}

async function assertFits(path: string, bytes: number, written: number, limits: SpoolLimits): Promise<void> {
  if (bytes > limits.fileBytes) throw tooLarge(limits);
  const { bavail, bsize } = await statfs(dirname(path));
  if (bavail * bsize - (bytes * DISK_FACTOR - written) < limits.freeBytes) throw diskFull(limits);
}

function tooLarge({ fileBytes }: SpoolLimits): HandleError {
  return new HandleError(
    'PAYLOAD_TOO_LARGE',
    `This node takes files of at most ${fileBytes} bytes (imports.maxFileBytes): divide it, or have the operator raise the limit.`,
  );
}

function diskFull({ freeBytes }: SpoolLimits): HandleError {
  return new HandleError(
    'STORE_READ_ONLY',
    `The node's disk has no room for this file: an import needs ${DISK_FACTOR} times its size, and ${freeBytes} bytes stay free (imports.minFreeBytes). Divide the file, or have the operator make room.`,
  );
}

function cutShort(bytes: number, declared: number): HandleError {
  return new HandleError(
    'INVALID_REQUEST',
    `Of ${declared} bytes that were announced ${bytes} came: send the file again; nothing of it was kept.`,
  );
}

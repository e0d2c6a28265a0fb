// The file of a job as rows: its encoding found out, its columns mapped. It judges form alone.

import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { HandleError } from '../domain/error.ts';
import { detectEncoding, ENCODING_SAMPLE_BYTES, type TextEncoding } from '../registry/import-encoding.ts';
import { type CsvMapping, parseMapping } from '../registry/import-mapping.ts';
import { type ImportFormat, type ImportRow, type RowDefaults, readRowLots } from '../registry/import-rows.ts';
import type { ImportJob, JobSettings } from './job.ts';

/** Bytes read at once: some thousand rows, for which the event loop is asked once. */
const CHUNK_BYTES = 262_144;

export interface UploadRows {
  readonly lots: AsyncIterable<readonly ImportRow[]>;
  readonly encoding: TextEncoding | null;
  /** How much of the file has been read, 0 … 1. */
  share(): number;
}

/** Throws what makes the file unreadable as a whole. */
export async function openUpload(job: ImportJob, path: string): Promise<UploadRows> {
  const { settings, bytes } = job;
  let read = 0;
  const encoding = settings.format === 'csv' ? detectEncoding(await readSample(path)) : 'utf-8';
  const source = async function* (): AsyncGenerator<Buffer> {
    for await (const chunk of createReadStream(path, { highWaterMark: CHUNK_BYTES })) {
      read += (chunk as Buffer).length;
      yield chunk as Buffer;
    }
  };
  const defaults: RowDefaults = { parent: settings.parent, template: settings.template };
  return {
    lots: readRowLots(source(), formatOf(settings, encoding), defaults),
    encoding,
    share: () => (bytes === 0 ? 1 : read / bytes),
  };
}

function mappingOf({ mapping }: JobSettings): CsvMapping {
  if (mapping === null) {
    throw new HandleError(
      'INVALID_REQUEST',
      'A table needs a mapping, which says what its columns mean: name a profile.',
    );
  }
  return parseMapping(mapping);
}

function formatOf(settings: JobSettings, encoding: TextEncoding): ImportFormat {
  const { format } = settings;
  switch (format) {
    case 'csv':
      return { kind: format, mapping: mappingOf(settings), encoding };
    case 'xlsx':
      throw new HandleError('UNSUPPORTED_MEDIA_TYPE', 'Workbooks are not read yet: save the sheet as CSV.');
    default:
      return { kind: format };
  }
}

async function readSample(path: string): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(ENCODING_SAMPLE_BYTES), 0, ENCODING_SAMPLE_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

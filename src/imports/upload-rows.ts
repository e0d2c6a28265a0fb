// The file of a job as rows: its encoding found out, its columns mapped. It judges form alone.

import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { HandleError } from '../domain/error.ts';
import { detectEncoding, ENCODING_SAMPLE_BYTES, type TextEncoding } from '../registry/import-encoding.ts';
import { type CsvMapping, parseMapping } from '../registry/import-mapping.ts';
import { type ImportRow, type RowDefaults, readRowLots } from '../registry/import-rows.ts';
import type { ImportJob, JobSettings } from './job.ts';
import { readWorkbookLots } from './workbook-rows.ts';

/** Bytes read at once: some thousand rows, for which the event loop is asked once. */
const CHUNK_BYTES = 262_144;

export interface UploadRows {
  readonly lots: AsyncIterable<readonly ImportRow[]>;
  readonly encoding: TextEncoding | null;
  /** How much of the file has been read, 0 … 1. */
  share(): number;
}

/** Throws what makes the file unreadable as a whole. `limitBytes`: that a workbook may unpack to. */
export async function openUpload(job: ImportJob, path: string, limitBytes: number): Promise<UploadRows> {
  const { settings, bytes } = job;
  const defaults = defaultsOf(settings);
  let read = 0;
  if (settings.format === 'xlsx') {
    const progress = (share: number): void => {
      read = share;
    };
    const mapping = mappingOf(settings);
    const lots = readWorkbookLots({ path, sheet: settings.sheet, mapping, defaults, limitBytes, progress });
    return { lots, encoding: null, share: () => read };
  }
  const encoding = settings.format === 'csv' ? detectEncoding(await readSample(path)) : 'utf-8';
  const source = async function* (): AsyncGenerator<Buffer> {
    for await (const chunk of createReadStream(path, { highWaterMark: CHUNK_BYTES })) {
      read += (chunk as Buffer).length;
      yield chunk as Buffer;
    }
  };
  const { format } = settings;
  const kind = format === 'csv' ? { kind: format, mapping: mappingOf(settings), encoding } : { kind: format };
  return { lots: readRowLots(source(), kind, defaults), encoding, share: () => read / bytes };
}

/** What rows mean that do not say it themselves. */
export function defaultsOf({ parent, template, mode }: JobSettings): RowDefaults {
  return { parent, template, mode };
}

function mappingOf({ mapping }: JobSettings): CsvMapping {
  if (mapping === null) {
    throw new HandleError(
      'INVALID_REQUEST',
      'A table needs a mapping, which says what its columns mean: name a profile.',
      { zh: '表格须有说明各列含义的映射：请指定一个已保存的映射。' },
    );
  }
  return parseMapping(mapping);
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

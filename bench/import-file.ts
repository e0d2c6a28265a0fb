// Files to be imported: items of one model and one template with two own values, in the order of their handles or out of
// it; sent to a node as a stream, and watched until the import is over.

import { createReadStream, createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { request } from 'undici';
import { itemHandle, leanBatch, parentRows, prefixesOf, type Sector } from './generator.ts';
import type { LoadTarget } from './load-sector.ts';

export interface ImportSource {
  /** What is registered of it: the items and what they are of. */
  readonly rows: number;
  open(): Readable;
}

export interface ImportFile extends ImportSource {
  readonly path: string;
  remove(): void;
}

export interface ImportOutcome {
  /** From the file on disk to the end, and of these the stage that registers. */
  readonly seconds: number;
  readonly writingSeconds: number;
}

/** Coprime to every power of ten: each number comes once, none beside its neighbour. */
const STRIDE = 7_919_003;
const LOOK_MS = 50;
/** The node is asked how far it is once in so many looks: an answer takes a millisecond of what is measured. */
const LOOKS_A_QUESTION = 5;
const ROWS_AT_ONCE = 1000;

/** Suffixes have 16 bytes, each of the two values 12. */
export async function writeImportFile(prefix: string, identifiers: number, isSorted: boolean): Promise<ImportFile> {
  const directory = mkdtempSync(join(tmpdir(), 'jiabiao-bench-import-'));
  const path = join(directory, 'items.ndjson');
  await pipeline(madeImport(prefix, identifiers, isSorted).open(), createWriteStream(path));
  const open = () => createReadStream(path);
  return { path, rows: identifiers + 1, open, remove: () => rmSync(directory, { recursive: true, force: true }) };
}

/** The same lines without a file: they are made while they are sent. */
function madeImport(prefix: string, identifiers: number, isSorted: boolean): ImportSource {
  const parent = `${prefix}/MODEL`;
  const model = { handle: parent, values: [{ index: 2000, type: 'PRODUCT_NAME', data: '实木餐椅' }] };
  const itemOf = (place: number): string => {
    const number = isSorted ? place : (place * STRIDE) % identifiers;
    return itemLine({ prefix, parent, handle: `${prefix}/ITEM${String(number).padStart(12, '0')}`, number });
  };
  return sourceOf([`${JSON.stringify(model)}\n`], identifiers, itemOf);
}

/** A lean sector in order, its items held against the template; made while it is sent. */
export function madeSector(sector: Sector): ImportSource {
  const [prefix] = prefixesOf(sector) as [string];
  const parents = Array.from(parentRows(sector), (row) => `${JSON.stringify(row)}\n`);
  const itemOf = (number: number): string =>
    itemLine({ prefix, parent: leanBatch(number), handle: itemHandle(sector, number), number });
  return sourceOf(parents, sector.items, itemOf);
}

function sourceOf(parents: readonly string[], items: number, itemOf: (place: number) => string): ImportSource {
  const lines = function* (): Generator<string> {
    yield parents.join('');
    for (let i = 0; i < items; i += ROWS_AT_ONCE) {
      let text = '';
      for (let j = i; j < Math.min(items, i + ROWS_AT_ONCE); j++) text += itemOf(j);
      yield text;
    }
  };
  return { rows: items + parents.length, open: () => Readable.from(lines()) };
}

interface Item {
  readonly prefix: string;
  readonly parent: string;
  readonly handle: string;
  readonly number: number;
}

function itemLine({ prefix, parent, handle, number }: Item): string {
  const digits = String(number).padStart(12, '0');
  const values = `[{"index":2020,"type":"SERIAL","data":"SN${digits.slice(2)}"},{"index":2023,"type":"SALES_REGION","data":"R-${digits.slice(2)}"}]`;
  return `{"handle":"${handle}","parent":"${parent}","template":"${templateOf(prefix)}","values":${values}}\n`;
}

function templateOf(prefix: string): string {
  return `${prefix}/META_ITEM`;
}

/** What the items are held against: two typed elements, of which one can be searched if that is asked. */
export async function putTemplate(node: LoadTarget, prefix: string, isSearchable: boolean): Promise<void> {
  const element = (index: number, type: string, more: object): object => {
    return { index, type, kind: 'string', name: { zh: `要素 ${index}`, en: `Element ${index}` }, ...more };
  };
  const elements = [
    element(2020, 'SERIAL', { required: true, minLength: 12, maxLength: 12, searchable: isSearchable }),
    element(2023, 'SALES_REGION', { maxLength: 64 }),
  ];
  const answer = await request(`http://127.0.0.1:${node.port}/v1/templates/${templateOf(prefix)}`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${node.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ name: { zh: '单品', en: 'Item' }, elements }),
  });
  const text = await answer.body.text();
  if (answer.statusCode !== 201) throw new Error(`The template was not put: ${text}`);
}

/** Returns the id of the import when the node has the file. */
export async function beginImport(node: LoadTarget, source: ImportSource): Promise<string> {
  const answer = await request(`http://127.0.0.1:${node.port}/v1/imports`, {
    method: 'POST',
    headers: { authorization: `Bearer ${node.token}`, 'content-type': 'application/x-ndjson' },
    body: source.open(),
  });
  const text = await answer.body.text();
  if (answer.statusCode !== 202) throw new Error(`The import was not begun: ${text}`);
  return (JSON.parse(text) as { id: string }).id;
}

/** `watch` is called every 50 ms. Throws if a row was refused. */
export async function endImport(
  node: LoadTarget,
  id: string,
  source: Pick<ImportSource, 'rows'>,
  watch = () => {},
): Promise<ImportOutcome> {
  const began = performance.now();
  let writing = began;
  for (let look = 0; ; look++) {
    await delay(LOOK_MS);
    watch();
    if (look % LOOKS_A_QUESTION !== 0) continue;
    const answer = await request(`http://127.0.0.1:${node.port}/v1/imports/${id}`, {
      headers: { authorization: `Bearer ${node.token}` },
    });
    const job = (await answer.body.json()) as { state: string; reason: string; counts: { created: number } };
    const now = performance.now();
    if (job.state === 'queued' || job.state === 'checking') writing = now;
    if (job.state === 'done' && job.counts.created === source.rows) {
      return { seconds: (now - began) / 1000, writingSeconds: (now - writing) / 1000 };
    }
    if (!['queued', 'checking', 'writing'].includes(job.state))
      throw new Error(`The import failed: ${JSON.stringify(job)}`);
  }
}

/** When registering has begun, so that what is measured is beside it. */
export async function whenWriting(node: LoadTarget, id: string): Promise<void> {
  for (;;) {
    const answer = await request(`http://127.0.0.1:${node.port}/v1/imports/${id}`, {
      headers: { authorization: `Bearer ${node.token}` },
    });
    const { state } = (await answer.body.json()) as { state: string };
    if (state !== 'queued' && state !== 'checking') return;
    await delay(LOOK_MS);
  }
}

// Registers the rows of an import, call by call and in order, so that a parent may stand in an earlier row. Running it
// again changes nothing: what stands already comes back as unchanged. Knows no file, no network and no clock.

import { isHandleError } from '../domain/error.ts';
import { MAX_IMPORT_ATTEMPTS, MAX_IMPORT_BATCH_BYTES, MAX_IMPORT_BATCH_ROWS } from '../domain/import-limits.ts';
import { REGISTRATION_OUTCOMES, type RegistrationOutcome } from '../domain/observer.ts';
import type { GoodRow, ImportRow } from './import-rows.ts';
import { placeOf } from './import-sheet.ts';

/** What became of one item, as the batch interface says it. */
export type ImportResult =
  | {
      readonly outcome: Exclude<RegistrationOutcome, 'refused'>;
      readonly handle: string;
      readonly revision: number;
    }
  | {
      readonly outcome: 'refused';
      readonly handle: string;
      readonly code: string;
      readonly detail: string;
      readonly at?: string;
    };

/** Where an import goes: the batch interface of a node, or the registry itself. */
export interface ImportTarget<Item = string> {
  /**
   * Registers items, each one line of JSON as the batch interface takes it unless said otherwise; one result for each,
   * in order. Throws `OVERLOADED`, `RATE_LIMITED` or `STORE_UNAVAILABLE` if it is worth another try (also if it is
   * unknown whether the items were registered), any other error if the import cannot go on.
   */
  register(items: readonly Item[]): Promise<readonly ImportResult[]>;
}

export type ImportCounts = { readonly [outcome in RegistrationOutcome]: number } & { readonly rows: number };

/** One row of the report. */
export interface ReportRow {
  readonly line: number;
  readonly handle: string;
  readonly outcome: RegistrationOutcome;
  /** Null for refused rows. */
  readonly revision: number | null;
  /** '' unless refused. */
  readonly code: string;
  readonly detail: string;
  /** `line 3, column SKU`; '' unless refused. */
  readonly at: string;
}

export interface ImportOptions {
  /** Called for every row, in order of the file; the import waits for it. */
  readonly report: (row: ReportRow) => void | Promise<void>;
  /** Called after every call, with the counts so far. */
  readonly progress: (counts: ImportCounts) => void;
  readonly sleep: (ms: number) => Promise<void>;
  /** 0 … 1, to spread the retries of many importers. */
  readonly random: () => number;
}

/** The longest wait between two attempts, unless the node names a longer one. */
const MAX_BACKOFF_MS = 20_000;
const FIRST_BACKOFF_MS = 250;
/** A node that asks for a longer pause than this is better asked again by hand. */
const MAX_RETRY_AFTER_MS = 60_000;

/** Registers all rows; throws what the target threw if it cannot go on. What was reported until then stands. */
export async function importRows(
  rows: AsyncIterable<ImportRow>,
  target: ImportTarget,
  options: ImportOptions,
): Promise<ImportCounts> {
  const tally = new Tally();
  const batches = gatherBatches(rows);
  try {
    let next = batches.next();
    // The next batch is read while this one is registered; only one is ever on its way, so parents arrive first.
    for (let batch = await next; batch.done !== true; batch = await next) {
      const registering = registerBatch(batch.value, target, options);
      next = batches.next();
      next.catch(() => undefined); // thrown where it is awaited; until then it must not count as unhandled
      for (const row of await registering) {
        tally.add(row.outcome);
        await options.report(row);
      }
      options.progress(tally.counts());
    }
    return tally.counts();
  } finally {
    // Closes the file. Not awaited: a source that never gives its next chunk must not hold back a failure.
    batches.return(undefined).catch(() => undefined);
  }
}

async function* gatherBatches(rows: AsyncIterable<ImportRow>): AsyncGenerator<readonly ImportRow[]> {
  let batch: ImportRow[] = [];
  let bytes = 0;
  for await (const row of rows) {
    const size = 'error' in row ? 0 : Buffer.byteLength(row.json);
    if (batch.length === MAX_IMPORT_BATCH_ROWS || (batch.length > 0 && bytes + size > MAX_IMPORT_BATCH_BYTES)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(row);
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}

async function registerBatch(
  batch: readonly ImportRow[],
  target: ImportTarget,
  options: ImportOptions,
): Promise<readonly ReportRow[]> {
  const good = batch.filter((row): row is GoodRow => !('error' in row));
  const results =
    good.length === 0
      ? []
      : await registerPatiently(
          good.map(({ json }) => json),
          target,
          options,
        );
  if (results.length !== good.length) {
    throw new Error(`${good.length} items were sent and ${results.length} results came back`);
  }
  let position = 0;
  return batch.map((row) => {
    if ('error' in row) {
      const { code, message, at = `line ${row.line}` } = row.error;
      return { line: row.line, handle: row.handle, outcome: 'refused', revision: null, code, detail: message, at };
    }
    return reportRow(row, results[position++] as ImportResult);
  });
}

function reportRow(row: GoodRow, result: ImportResult): ReportRow {
  const { line } = row;
  if (result.outcome !== 'refused') {
    return {
      line,
      handle: result.handle,
      outcome: result.outcome,
      revision: result.revision,
      code: '',
      detail: '',
      at: '',
    };
  }
  const { code, detail, at = '' } = result;
  return { line, handle: row.handle, outcome: 'refused', revision: null, code, detail, at: placeOf(row, at) };
}

/** Repeats a call that may succeed a little later, MAX_IMPORT_ATTEMPTS times; then throws as `register` did. */
export async function registerPatiently<Item>(
  items: readonly Item[],
  target: ImportTarget<Item>,
  { sleep, random }: Pick<ImportOptions, 'sleep' | 'random'>,
): Promise<readonly ImportResult[]> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await target.register(items);
    } catch (error) {
      if (attempt === MAX_IMPORT_ATTEMPTS || !isWorthAnotherTry(error)) throw error;
      const backoff = Math.min(FIRST_BACKOFF_MS * 2 ** (attempt - 1), MAX_BACKOFF_MS);
      const asked = Math.min((error.retryAfterSeconds ?? 0) * 1000, MAX_RETRY_AFTER_MS);
      await sleep(Math.max(asked, backoff * (0.5 + random() / 2)));
    }
  }
}

function isWorthAnotherTry(error: unknown): error is Error & { readonly retryAfterSeconds: number | undefined } {
  return (
    isHandleError(error, 'OVERLOADED') ||
    isHandleError(error, 'RATE_LIMITED') ||
    isHandleError(error, 'STORE_UNAVAILABLE')
  );
}

class Tally {
  readonly #counts = new Map<RegistrationOutcome, number>(REGISTRATION_OUTCOMES.map((outcome) => [outcome, 0]));
  #rows = 0;

  add(outcome: RegistrationOutcome): void {
    this.#rows++;
    this.#counts.set(outcome, (this.#counts.get(outcome) ?? 0) + 1);
  }

  counts(): ImportCounts {
    const of = (outcome: RegistrationOutcome) => this.#counts.get(outcome) ?? 0;
    return {
      rows: this.#rows,
      created: of('created'),
      updated: of('updated'),
      unchanged: of('unchanged'),
      revoked: of('revoked'),
      deleted: of('deleted'),
      refused: of('refused'),
    };
  }
}

// Another thread that checks pieces of a file beside the one that runs the job, and what passes between the two. Whatever
// goes wrong there is thrown here.

import type { MessagePort } from 'node:worker_threads';
import { errorOf, partsOf } from '../domain/error-parts.ts';
import { MAX_PIECES_AHEAD } from '../domain/import-limits.ts';
import { type HomedPrefix, homeOf } from '../domain/prefix.ts';
import { type ImportFormat, type RowDefaults, readRowLots } from '../registry/import-rows.ts';
import { CheckLane, type LaneCounts } from './check-lane.ts';
import type { LinePiece } from './line-pieces.ts';
import { RowTypes } from './packed-row.ts';
import type { RowProblem } from './problems.ts';

/** Formats in which a line stands for itself. */
const LINE_FORMATS = ['ndjson', 'handle-json', 'snms'] as const satisfies readonly ImportFormat['kind'][];
export type LineFormat = (typeof LINE_FORMATS)[number];

export function isLineFormat(format: string): format is LineFormat {
  return LINE_FORMATS.some((one) => one === format);
}

/** What the second checker is told of its job. */
export interface CheckTask {
  readonly format: LineFormat;
  readonly defaults: RowDefaults;
  /** The directory of the job, where its runs go. */
  readonly directory: string;
}

export interface CheckerStart extends CheckTask {
  readonly homed: readonly HomedPrefix[];
}

/** Rows of a piece, or of the whole share at its end. */
interface Told {
  readonly counts: LaneCounts;
  readonly problems: readonly RowProblem[];
  readonly parents: readonly string[];
  /** At the end. */
  readonly share: CheckerShare | null;
}

export interface CheckerShare {
  readonly counts: LaneCounts;
  readonly runs: readonly string[];
  readonly types: readonly string[];
}

/** Some hundred rows. */
const LOT_BYTES = 65_536;

type Asked = { readonly bytes: Uint8Array; readonly firstLine: number } | 'finish';
type Answered = Told | { readonly failure: ReturnType<typeof partsOf> };

/** In the helping thread: checks what it is sent, until the port closes. */
export function serveChecks(port: MessagePort, { format, defaults, directory, homed }: CheckerStart): void {
  const types = new RowTypes([], 2, 2);
  let problems: RowProblem[] = [];
  let parents = new Set<string>();
  const lane = new CheckLane({
    path: (file) => `${directory}/${file}`,
    name: 'helped',
    foldsCase: (prefix) => homeOf(prefix, homed)?.foldsCase ?? false,
    types,
    refused: (problem) => problems.push(problem),
    named: (parent) => parents.add(parent),
  });
  const check = async (asked: Asked): Promise<Told> => {
    if (asked !== 'finish') await checkPiece(lane, { format, defaults }, asked);
    const share = asked === 'finish' ? { runs: await lane.finish(), counts: lane.counts, types: types.all } : null;
    const told = { counts: { ...lane.counts }, problems, parents: [...parents], share };
    problems = [];
    parents = new Set();
    return told;
  };
  let last: Promise<void> = Promise.resolve();
  port.on('message', (asked: Asked) => {
    last = last
      .then(() => check(asked))
      .then(
        (told) => port.postMessage(told satisfies Answered),
        (error: unknown) => port.postMessage({ failure: partsOf(error) } satisfies Answered),
      );
  });
}

/** In lots, each of which is done with before the next: what is alive when V8 collects is copied. */
export async function checkPiece(
  lane: CheckLane,
  { format, defaults }: Pick<CheckTask, 'format' | 'defaults'>,
  { bytes, firstLine }: { readonly bytes: Uint8Array; readonly firstLine: number },
): Promise<void> {
  const source = async function* (): AsyncGenerator<Buffer> {
    for (let at = 0; at < bytes.length; at += LOT_BYTES) {
      yield Buffer.from(bytes.buffer, bytes.byteOffset + at, Math.min(LOT_BYTES, bytes.length - at));
    }
  };
  for await (const rows of readRowLots(source(), { kind: format }, defaults, firstLine)) {
    for (const row of rows) lane.take(row);
  }
}

export interface CheckListener {
  readonly refused: (problem: RowProblem) => void;
  readonly named: (parent: string) => void;
}

const NOTHING: LaneCounts = { rows: 0, refused: 0, plainRows: 0, parentRows: 0 };

export class SecondChecker {
  readonly #port: MessagePort;
  readonly #finished = Promise.withResolvers<CheckerShare>();
  #waiting = 0;
  #failure: Error | null = null;
  #counts = NOTHING;

  constructor(port: MessagePort, { refused, named }: CheckListener) {
    this.#port = port;
    this.#finished.promise.catch(() => {}); // thrown where it is awaited
    port.on('message', (answered: Answered) => {
      this.#waiting -= 1;
      if ('failure' in answered) {
        this.#fail(errorOf(answered.failure));
        return;
      }
      this.#counts = answered.counts;
      answered.problems.forEach(refused);
      answered.parents.forEach(named);
      if (answered.share !== null) this.#finished.resolve(answered.share);
    });
    port.on('close', () => this.#fail(new Error('the thread that helped to check an import is gone')));
  }

  /** Of what it has told by now. */
  get counts(): LaneCounts {
    return this.#counts;
  }

  /** Whether it has enough to do. Throws what went wrong. */
  get isBusy(): boolean {
    if (this.#failure !== null) throw this.#failure;
    return this.#waiting >= MAX_PIECES_AHEAD;
  }

  /** The piece can be read here no more. */
  give({ bytes, firstLine }: LinePiece): void {
    this.#waiting += 1;
    this.#port.postMessage({ bytes, firstLine } satisfies Asked, [bytes.buffer]);
  }

  /** When all it was given is checked and on disk. */
  finish(): Promise<CheckerShare> {
    this.#waiting += 1;
    this.#port.postMessage('finish' satisfies Asked);
    return this.#finished.promise;
  }

  close(): void {
    this.#port.close();
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#finished.reject(error);
  }
}

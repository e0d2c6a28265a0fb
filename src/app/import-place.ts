// Whether the directory of imports that this node sees is the one that the leading node works in: the leader leaves a mark
// there and tells it in the database. A file handed in elsewhere would wait for ever. It moves nothing and refuses nothing.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Agreements } from '../peers/agreements.ts';
import type { Counters } from './counters.ts';
import type { Log } from './logs.ts';

const MARK_FILE = 'directory.id';
const AGREED = 'imports-directory';

export interface ImportPlaceOptions {
  readonly directory: string;
  readonly agreements: Pick<Agreements, 'read' | 'propose' | 'replace'>;
  readonly randomId: () => string;
  readonly counters: Pick<Counters, 'set'>;
  readonly log: Pick<Log, 'info' | 'error'>;
}

export class ImportPlace {
  readonly #options: ImportPlaceOptions;
  #isApart = false;

  constructor(options: ImportPlaceOptions) {
    this.#options = options;
  }

  /** Of the node that leads: its directory is the one. Throws `STORE_UNAVAILABLE`, and what writing throws. */
  async declare(): Promise<void> {
    const { agreements } = this.#options;
    const mark = this.#read() ?? this.#write();
    const agreed = await agreements.propose(AGREED, mark);
    if (agreed !== mark) await agreements.replace(AGREED, agreed, mark);
    this.#tell(false);
  }

  /** Of the others. Throws `STORE_UNAVAILABLE`. */
  async compare(): Promise<void> {
    const agreed = await this.#options.agreements.read(AGREED);
    this.#tell(agreed !== null && agreed !== this.#read());
  }

  #read(): string | null {
    try {
      return readFileSync(join(this.#options.directory, MARK_FILE), 'utf8').trim();
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw cause;
    }
  }

  #write(): string {
    const { directory, randomId } = this.#options;
    const mark = randomId();
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    writeFileSync(join(directory, MARK_FILE), `${mark}\n`);
    return mark;
  }

  #tell(isApart: boolean): void {
    const { counters, log, directory } = this.#options;
    counters.set('importsApart', isApart ? 1 : 0);
    if (isApart === this.#isApart) return;
    this.#isApart = isApart;
    if (isApart)
      log.error(
        { directory },
        'imports.directory is not the one that the leading node works in, so imports handed in here wait: name one that all nodes see, and restart',
      );
    else log.info({ directory }, 'imports.directory is the one that the leading node works in');
  }
}

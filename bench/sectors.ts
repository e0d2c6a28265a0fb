// Loaded sectors on disk: each is loaded once in a run of the bench, then lent to one case after the other.

import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Sector } from './generator.ts';
import { loadSector } from './load-sector.ts';
import { type NodeOptions, startNode } from './measure/children.ts';

export class SectorShelf {
  readonly #folder = mkdtempSync(join(tmpdir(), 'jiabiao-bench-'));
  readonly #loaded = new Map<string, string>();
  readonly #options: Pick<NodeOptions, 'workers'>;
  readonly #say: (line: string) => void;
  #emptied = 0;

  constructor(options: Pick<NodeOptions, 'workers'>, say: (line: string) => void) {
    this.#options = options;
    this.#say = say;
  }

  /** A directory that holds the sector. Nobody writes to it after it is loaded. */
  async directoryOf(sector: Sector): Promise<string> {
    const name = `${sector.shape}-${sector.items}-${sector.seed}`;
    const known = this.#loaded.get(name);
    if (known !== undefined) return known;
    const directory = join(this.#folder, name);
    const startedAt = performance.now();
    const node = await startNode({ ...this.#options, directory, profileFolder: null });
    const rows = await loadSector(node, sector);
    await node.stop();
    const seconds = (performance.now() - startedAt) / 1000;
    this.#say(
      `loaded ${rows} ${sector.shape} identifiers in ${seconds.toFixed(1)} s (${Math.round(rows / seconds)}/s)`,
    );
    this.#loaded.set(name, directory);
    return directory;
  }

  /** A directory with the same content, for a second node. */
  async copyOf(sector: Sector): Promise<string> {
    const copy = this.emptyDirectory();
    cpSync(await this.directoryOf(sector), copy, { recursive: true });
    return copy;
  }

  /** A directory that holds nothing. */
  emptyDirectory(): string {
    this.#emptied++;
    return join(this.#folder, `empty-${this.#emptied}`);
  }

  close(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

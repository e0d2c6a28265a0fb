// Takes down what clients send and are told. One for all of them: its clock is the history's.

import type { Read, Seen, Write } from './history.ts';

export class Recorder {
  readonly writes: Write[] = [];
  readonly reads: Read[] = [];
  /** Answers that nodes never give, whatever happens to them. */
  readonly unexpected: string[] = [];
  /** Reads that told nothing: no answer, or one that it could not be found out. */
  unanswered = 0;
  #texts = 0;
  readonly #newest = new Map<string, number>();

  now(): number {
    return performance.now();
  }

  /** Unlike every other. */
  newText(): string {
    return `w${++this.#texts}`;
  }

  write(write: Write): void {
    this.writes.push(write);
    if (write.revision !== null) this.#know(write.name, write.revision);
  }

  read(name: string, seen: Seen, where: Omit<Read, 'name' | 'seen'>): void {
    this.reads.push({ ...where, name, seen });
    if (seen.revision !== undefined) this.#know(name, seen.revision);
  }

  /** The newest revision that anybody was told of; 0 for none. */
  revisionOf(name: string): number {
    return this.#newest.get(name) ?? 0;
  }

  /** Those whose outcome is known. */
  get operations(): number {
    return this.reads.length + this.writes.length - this.unknown;
  }

  get unknown(): number {
    let unknown = 0;
    for (const { outcome } of this.writes) if (outcome === 'unknown') unknown++;
    return unknown;
  }

  #know(name: string, revision: number): void {
    this.#newest.set(name, Math.max(revision, this.revisionOf(name)));
  }
}

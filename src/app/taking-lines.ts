// Takes lines of an export into the target of a move, some calls at once: a record may come before its parent, but what
// others name comes first, and of one thing two lines are never on their way together. What was refused it keeps.

import { setTimeout as delay } from 'node:timers/promises';
import { type HandleError, isHandleError } from '../domain/error.ts';
import type { Principal } from '../domain/principal.ts';
import { subjectOfLine } from '../registry/changed-lines.ts';
import type { PreservedResult, Preserver } from '../registry/registry.ts';

/** Lines of one call, and calls on their way at once. */
const LINES_AT_ONCE = 500;
const CALLS_AT_ONCE = 6;
/** Refusals that are told. */
const MAX_REFUSALS = 20;

/** Attempts while the target is away or has too much to do, and the pause that doubles between them: half a minute. */
const MAX_ATTEMPTS = 9;
const FIRST_PAUSE_MS = 50;

const RECORD = '{"kind":"record"';

const MOVER: Principal = {
  ...{ id: 'operator', name: 'Operator', role: 'operator', scope: null, state: 'active' },
  ...{ revision: 1, createdAt: 0, updatedAt: 0 },
};

export interface Refusal {
  readonly handle: string;
  readonly error: HandleError;
}

export class TakingLines {
  readonly #preserver: Preserver;
  readonly refused: Refusal[] = [];
  /** Lines that were looked at. */
  lines = 0;
  #call = new Map<string, string>();
  #named = new Set<string>();
  #underWay: Promise<void>[] = [];

  constructor(preserver: Preserver) {
    this.#preserver = preserver;
  }

  /** `stands`: told now and then up to which line, and how many there are, everything stands. */
  async take(
    pages: AsyncIterable<readonly string[]>,
    stands: (line: string, taken: number) => void = () => {},
  ): Promise<void> {
    let taken = 0;
    let last: string | null = null;
    for await (const page of pages) {
      for (const line of page) {
        const { subject, name, revision } = subjectOfLine(line);
        const isSettled = await this.#add(`${subject} ${name} ${revision ?? ''}`, line);
        taken += 1;
        last = line;
        if (isSettled) stands(line, taken);
      }
    }
    await this.#send();
    await this.#settle();
    if (last !== null) stands(last, taken);
  }

  /** Whether everything stands, this line too. */
  async #add(key: string, line: string): Promise<boolean> {
    // The later line has all that the earlier one says; one that is on its way already must arrive before it.
    if (!this.#call.has(key) && this.#named.has(key)) {
      await this.#send();
      await this.#settle();
    }
    this.#named.add(key);
    this.#call.set(key, line);
    if (this.#call.size < LINES_AT_ONCE) return false;
    await this.#send();
    return this.#underWay.length === 0;
  }

  async #send(): Promise<void> {
    const lines = [...this.#call.values()];
    this.#call = new Map();
    if (lines.length === 0) return;
    // Whoever is named by other lines comes first, and alone.
    const areRecords = lines.every((line) => line.startsWith(RECORD));
    if (!areRecords) await this.#settle();
    const call = this.#preserve(lines);
    call.catch(() => {}); // thrown by settle
    this.#underWay.push(call);
    if (!areRecords || this.#underWay.length >= CALLS_AT_ONCE) await this.#settle();
  }

  async #settle(): Promise<void> {
    await Promise.all(this.#underWay);
    this.#underWay = [];
    this.#named = new Set(this.#call.keys());
  }

  async #preserve(lines: readonly string[]): Promise<void> {
    this.lines += lines.length;
    let left = lines;
    for (let attempt = 1; left.length > 0; attempt++) {
      left = await this.#try(left, attempt === MAX_ATTEMPTS);
      if (left.length > 0) await delay(FIRST_PAUSE_MS * 2 ** attempt);
    }
  }

  /** Returns those that the store could not look at, or take, for now; throws at the last attempt. */
  async #try(lines: readonly string[], isLast: boolean): Promise<readonly string[]> {
    const actor = { principal: MOVER, requestId: 'migrate-store' };
    const parsed = lines.map((line) => JSON.parse(line));
    let results: readonly PreservedResult[];
    try {
      results = await this.#preserver.preserve(actor, parsed);
    } catch (error) {
      if (isLast || !isForNow(error)) throw error;
      return lines;
    }
    const left: string[] = [];
    for (const [i, result] of results.entries()) {
      if (result.ok) continue;
      const { handle, error } = result;
      if (!isForNow(error)) {
        if (this.refused.length < MAX_REFUSALS) this.refused.push({ handle, error });
      } else if (isLast) throw error;
      else left.push(lines[i] as string);
    }
    return left;
  }
}

function isForNow(error: unknown): boolean {
  return isHandleError(error, 'STORE_UNAVAILABLE') || isHandleError(error, 'OVERLOADED');
}

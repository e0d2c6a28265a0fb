// One resolution over the Handle protocol on its way: how it is asked, how many questions it has taken, and what it looks for
// already. It asks nobody.

import { type ByteString, isUtf8, textFromBytes } from '../domain/bytes.ts';
import { isHandleError } from '../domain/error.ts';
import { type Handle, parseHandle } from '../domain/handle.ts';
import { MAX_STEPS } from '../domain/handle-client-limits.ts';
import { notAccepted } from '../wire/foreign-values.ts';
import { NotAccepted } from './gate.ts';
import type { Manner, Turn } from './handle-client.ts';

interface State {
  readonly pending: Set<string>;
  steps: number;
}

export class Trip {
  readonly manner: Manner;
  readonly #state: State;

  constructor(manner: Manner, state: State = { pending: new Set(), steps: 0 }) {
    this.manner = manner;
    this.#state = state;
  }

  /** Before each question. Throws `NotAccepted` if there were too many. */
  step(): void {
    if (++this.#state.steps > MAX_STEPS) throw refused(`it takes more than ${MAX_STEPS} questions`);
  }

  turn(kind: Turn['kind'], handle: string, to: readonly string[]): void {
    this.manner.onStep({ kind, handle, to });
  }

  /** The same, asked of primary sites. */
  atPrimary(): Trip {
    return new Trip({ ...this.manner, isAuthoritative: true }, this.#state);
  }

  /** Looks for something that may need other things first, among them itself: that throws `NotAccepted`. */
  async within<T>(what: string, look: () => Promise<T>): Promise<T> {
    if (this.#state.pending.has(what)) throw refused(`who answers for ${what} is said in a circle`);
    this.#state.pending.add(what);
    try {
      return await look();
    } finally {
      this.#state.pending.delete(what);
    }
  }
}

/** Of an answer that says nothing which counts. */
export function refused(reason: string): NotAccepted {
  return new NotAccepted(notAccepted(reason));
}

/** The handle that HS_SERV and HS_ALIAS data, and referrals, name. Throws `NotAccepted`. */
export function handleIn(data: ByteString): Handle {
  if (!isUtf8(data)) throw refused('it names a handle that is not UTF-8');
  const text = textFromBytes(data);
  try {
    return parseHandle(text.includes('/') ? text : `0.NA/${text}`, () => false);
  } catch (error) {
    if (isHandleError(error)) throw refused(`it names what is no handle: ${error.message}`);
    throw error;
  }
}

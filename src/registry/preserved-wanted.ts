// What a line of another node's export wants to be written, and how to tell whether it stands already.

import type { Change } from '../domain/change.ts';

export interface Wanted {
  readonly name: string;
  readonly change: Change;
  readonly revision: number;
  /** Null if there is nothing. */
  readonly stands: () => Promise<Standing | null>;
}

export interface Standing {
  readonly revision: number;
  /** Whether it says the same. */
  readonly isSame: boolean;
  /** What goes on from it, if it is an earlier state of what is wanted. */
  readonly next?: Change;
}

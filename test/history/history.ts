// What clients of several nodes did and were told, instant by instant, and what the change log says afterwards. Instants
// are milliseconds of the one clock of the process that asked.

export type WriteKind = 'put' | 'touch' | 'recall' | 'lift' | 'revoke';

/** `done`: acknowledged. `refused`: answered that it was not done. `unknown`: may be done or not. */
export type Outcome = 'done' | 'refused' | 'unknown';

export interface Write {
  /** Unlike any other's: what it puts, or its notice. */
  readonly text: string;
  readonly kind: WriteKind;
  /** A handle, or the id of a lot. */
  readonly name: string;
  /** The revision it named as the one it follows; null if it named none. */
  readonly expected: number | null;
  /** As the change log shows them: one for each time it was sent. */
  readonly requestIds: readonly string[];
  /** Runs of nodes it was sent to; the last one answered. */
  readonly runs: readonly string[];
  readonly calledAt: number;
  /** `Infinity` if nobody answered. */
  readonly answeredAt: number;
  readonly outcome: Outcome;
  /** Of what is done. */
  readonly revision: number | null;
}

export interface Seen {
  /** `nothing`: absent or revoked, and not told which. */
  readonly state: 'nothing' | 'absent' | 'revoked' | 'found';
  /** Of what is found. */
  readonly text?: string;
  /** Null if there was none; left out where it was not looked for. */
  readonly notice?: string | null;
  /** Where the answer tells. */
  readonly revision?: number;
}

export interface Read {
  readonly name: string;
  /** The run of the node that answered. */
  readonly run: string;
  readonly calledAt: number;
  readonly answeredAt: number;
  readonly seen: Seen;
}

export interface LogEntry {
  readonly subject: string;
  readonly name: string;
  readonly action: string;
  readonly revision: number;
}

export interface LogRow {
  readonly sequence: number;
  /** As the node writes instants. */
  readonly at: string;
  readonly requestId: string | null;
  readonly entries: readonly LogEntry[];
}

/** What keeps nodes from telling each other. */
export interface Disturbances {
  /** When a run of a node was killed. */
  readonly killedAt: ReadonlyMap<string, number>;
  /** When nobody could hear anybody: from the loss until all could again. */
  readonly deaf: readonly (readonly [from: number, until: number])[];
}

/** How late a node may be with what was acknowledged at another one. */
export interface Promises {
  readonly otherNodeMs: number;
  /** After the death of the node that acknowledged it, or that may have done it. */
  readonly afterDeathMs: number;
}

export interface History {
  readonly writes: readonly Write[];
  readonly reads: readonly Read[];
  /** All of it, from its first row. */
  readonly log: readonly LogRow[];
  readonly disturbances: Disturbances;
  readonly promises: Promises;
}

export interface Objection {
  readonly kind:
    | 'gap'
    | 'order'
    | 'duplicate'
    | 'stranger'
    | 'lost'
    | 'contradiction'
    | 'never written'
    | 'from the future'
    | 'stale';
  readonly text: string;
}

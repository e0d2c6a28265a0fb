// What a resolver can say of a handle. Absence is an answer; failure is an exception, and never one of these.

import type { ByteString } from './bytes.ts';
import type { Handle } from './handle.ts';
import type { HandleRecord } from './handle-record.ts';
import type { HandleValue } from './handle-value.ts';
import type { Recalled } from './recall.ts';

/** Until when an answer holds: no slot it depends on may have risen above `epoch` (design of coherence: cache/epoch-table.ts). */
export interface Validity {
  readonly epoch: number;
  /** Slots of the handle, its prefix and every ancestor in the table of changes. */
  readonly changeSlots: readonly number[];
  /** Slot of the handle in the table of creations, for answers that a creation would change; else null. */
  readonly creationSlot: number | null;
}

/** Finished pieces that doors keep with an answer, made on first use: the public, unfiltered view. */
export interface Renderings {
  /** The values as a JSON array, where the answer came with them so. */
  values: ByteString | null;
  /** What its parents handed down, if that stands on one side of its own values; else null. */
  readonly inherited: InheritedValues | null;
  /** Body of the Handle API for who spells the handle in its canonical form, as UTF-8 bytes. */
  body: ByteString | null;
  /** The Handle API's whole reply with that body. */
  reply: KeptReply | null;
  /** The values in Handle protocol form. */
  wire: ByteString | null;
}

/** Values that many answers share, as one piece of text. */
export interface InheritedValues {
  /** Sorted by index; never empty. */
  readonly values: readonly HandleValue[];
  /** What is public of them as members of a JSON array, once somebody made it. */
  publicJson: ByteString | null;
}

/** A reply of HTTP to who spells the handle in its canonical form. */
export interface KeptReply {
  readonly status: number;
  /** Names and values in turn, in the door's own order. */
  readonly headers: readonly string[];
  readonly body: ByteString;
  readonly kept: KeptBytes;
}

/** Headers and body of a reply as they go out: joined into one piece by the second use, as most have no second. */
export interface KeptBytes {
  rest: string | null;
  isUsed: boolean;
}

/** Of an answer that another node gave: when, and what it is worth since, in epoch milliseconds. */
export interface Learned {
  readonly learnedAt: number;
  /** From then on it is worth renewing before it ends, if somebody asks again. */
  readonly refreshFrom: number;
  /** Until then it answers at once. */
  readonly freshUntil: number;
  /** Until then it may stand in if nothing newer can be had. */
  readonly staleUntil: number;
}

interface AnswerBase {
  readonly handle: Handle;
  /** Null for what is our own. */
  readonly learned: Learned | null;
  readonly validity: Validity;
  /** Seconds the answer may be kept by others. */
  readonly ttlSeconds: number;
  readonly renderings: Renderings;
}

export interface Found extends AnswerBase {
  readonly kind: 'found';
  readonly record: HandleRecord;
  /** Nearest first; empty if the record has no parent. */
  readonly ancestors: readonly HandleRecord[];
  /** Own values over inherited ones, of every permission, and the notice of recalls: select before you show them. */
  readonly values: readonly HandleValue[];
  /** Its own recall and those above it, nearest first; empty for nearly all. */
  readonly recalls: readonly Recalled[];
}

export interface NotFound extends AnswerBase {
  readonly kind: 'not-found';
}

export interface Revoked extends AnswerBase {
  readonly kind: 'revoked';
  readonly record: HandleRecord;
  /** The handle itself, or the ancestor whose revocation takes it along. */
  readonly revokedBy: Handle;
  readonly reason: string | null;
}

/** The prefix is delegated: where to ask instead. */
export interface Referral extends AnswerBase {
  readonly kind: 'referral';
  readonly prefixHandle: Handle;
  readonly values: readonly HandleValue[];
}

export type Answer = Found | NotFound | Revoked | Referral;

/** Who gave an answer, for metrics and headers; `none` until a resolver has. */
export type Tier = 'none' | 'l1' | 'negative' | 'store' | 'l2' | 'upstream' | 'stale';
export const TIERS = ['none', 'l1', 'negative', 'store', 'l2', 'upstream', 'stale'] as const satisfies readonly Tier[];

/** How a resolution ended; `error` is "could not find out". */
export type Outcome = Answer['kind'] | 'error';
export const OUTCOMES = ['found', 'not-found', 'revoked', 'referral', 'error'] as const satisfies readonly Outcome[];

export function noRenderings(inherited: InheritedValues | null = null): Renderings {
  return { values: null, inherited, body: null, reply: null, wire: null };
}

/** Entity tag of a resolved answer, without view or query: the revisions of the chain (RFC 9110 §8.8.3, weak). */
export function revisionTagOf(answer: Found | Revoked): string {
  let tag = String(answer.record.revision);
  if (answer.kind === 'found') for (const ancestor of answer.ancestors) tag += `-${ancestor.revision}`;
  return tag;
}

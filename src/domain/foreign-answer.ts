// What other nodes say of handles that are not ours, and whom to ask. Plain objects, so that threads can hand them over.

import type { ByteString } from './bytes.ts';
import type { Handle } from './handle.ts';
import type { HandleValue } from './handle-value.ts';
import type { Prefix } from './prefix.ts';

/** What follows from the values of an answer, so that who hands it on need not read them. */
export interface AnswerDigest {
  /** The least of their TTLs, when it was learned. */
  readonly ttlSeconds: number;
  /** Others tell no revision: a number out of the content, the same for the same content. */
  readonly revision: number;
  readonly isRecalled: boolean;
  /** Those that everybody may see, as a JSON array. */
  readonly publicJson: ByteString;
}

export interface ForeignFound {
  readonly kind: 'found';
  readonly values: readonly HandleValue[];
  readonly learnedAt: number;
  /** Only of what was kept with it. Its values may be read when they are asked for, so it is handed to no other thread. */
  readonly digest?: AnswerDigest;
}

/** An accepted answer: for the handle asked, from who is entitled to it, within limits. */
export type ForeignAnswer = ForeignFound | { readonly kind: 'not-found'; readonly learnedAt: number };

/** Where an enterprise answers for its own prefix, out of its prefix record: at least one of both. */
export interface DelegatedSite {
  readonly prefix: Prefix;
  /** HTTP base URLs, in the order they are to be tried. */
  readonly urls: readonly string[];
  /** Data of its HS_SITE values, asked over the Handle protocol where there is no URL, or none that can say. */
  readonly sites: readonly ByteString[];
}

/** The same for the same place, under which what it says is kept. */
export function siteKeyOf({ urls, sites }: DelegatedSite): string {
  return [...urls, ...sites].join('\n');
}

export interface ForeignQuestion {
  readonly handle: Handle;
  /** Null to ask whom the routes name. */
  readonly site: DelegatedSite | null;
  /** Nodes the question has passed, so that it does not go in a circle. */
  readonly via: string;
  /** Whether only what is asked for now counts, not what is remembered. */
  readonly isRenewal: boolean;
}

/**
 * Asks others. Throws `UPSTREAM_UNAVAILABLE` ("could not find out") and `OVERLOADED`; `NOT_RESPONSIBLE` if no route leads
 * anywhere. Bounded in time whatever the other side does. Who asks for the same at once shares one trip.
 */
export interface ForeignReader {
  fetch(question: ForeignQuestion): Promise<ForeignAnswer>;
  /** Nothing that was asked for or remembered before is given to who asks from now on. Null for all handles. */
  forget(handle: Handle | null): Promise<void>;
  /** What this node keeps of it for all its threads, fresh or not; null if nothing. Nobody is asked. */
  held(handle: Handle): Promise<ForeignAnswer | null>;
}

// How far a question has come through other nodes, by its `Via` (RFC 9110 §7.6.3): where it would go in a circle or too
// far, it is not handed on. It reads one header and asks nobody.

import { MAX_HOPS } from '../domain/limits.ts';
import { type Asking, USUAL } from '../resolver/asker.ts';
import type { Caller } from './client-network.ts';

/** Characters of `Via` that are looked at and handed on: far more than MAX_HOPS nodes write. */
const MAX_VIA_LENGTH = 1000;

export class Hops {
  readonly #nodeName: string;

  /** `nodeName`: how this node calls itself in `Via`. */
  constructor(nodeName: string) {
    this.#nodeName = nodeName;
  }

  asking(caller: Caller): Asking {
    const { via } = caller.headers;
    return via === undefined ? USUAL : this.#through(via);
  }

  #through(via: string): Asking {
    const hops = via.split(',').map((hop) => hop.trim().split(/\s+/)[1] ?? '');
    const isTooFar = via.length > MAX_VIA_LENGTH || hops.length >= MAX_HOPS || hops.includes(this.#nodeName);
    return { bypassCache: false, delegated: isTooFar ? 'refer' : null, via: via.slice(0, MAX_VIA_LENGTH) };
  }
}

// Room for connections at one door: so many, and of these for each client network a share of what is left, so that none takes
// them all. It opens and closes nothing. Pure.

import { CONNECTIONS_FOR_EACH_FREE, SHARED_FREELY } from './limits.ts';

/** Gives the place back; a second call does nothing. */
export type Leave = () => void;

export class ConnectionRoom {
  readonly #limit: number;
  /** Of networks that have such as count: those that came when some part was taken. */
  readonly #ofNetwork = new Map<string, number>();
  #open = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /**
   * Takes a place, or says why not. `networkOf` is asked only where it matters: a quiet door need not know who comes.
   */
  enter(networkOf: () => string): Leave | 'full' | 'share' {
    if (this.#open >= this.#limit) return 'full';
    const network = this.#open < this.#limit * SHARED_FREELY ? null : networkOf();
    if (network !== null && !this.#count(network)) return 'share';
    this.#open += 1;
    let isIn = true;
    return () => {
      if (!isIn) return;
      isIn = false;
      this.#open -= 1;
      if (network !== null) this.#uncount(network);
    };
  }

  #count(network: string): boolean {
    const held = this.#ofNetwork.get(network) ?? 0;
    if (held >= CONNECTIONS_FOR_EACH_FREE * (this.#limit - this.#open)) return false;
    this.#ofNetwork.set(network, held + 1);
    return true;
  }

  #uncount(network: string): void {
    const held = (this.#ofNetwork.get(network) ?? 0) - 1;
    if (held > 0) this.#ofNetwork.set(network, held);
    else this.#ofNetwork.delete(network);
  }
}

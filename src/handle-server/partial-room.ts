// Room for messages that connections have received in part: so much for all, of it a share for each client network.

export interface PartialRoomOptions {
  readonly maxBytes: number;
  readonly maxBytesOfNetwork: number;
}

export class PartialRoom {
  readonly #options: PartialRoomOptions;
  /** Only of networks that take any. */
  readonly #ofNetwork = new Map<string, number>();
  #bytes = 0;

  constructor(options: PartialRoomOptions) {
    this.#options = options;
  }

  /** Networks that take any room. */
  get networks(): number {
    return this.#ofNetwork.size;
  }

  /** Takes room, or gives it back if `bytes` is negative. False if that is now more than there is, or than the share. */
  take(network: string, bytes: number): boolean {
    this.#bytes += bytes;
    const taken = (this.#ofNetwork.get(network) ?? 0) + bytes;
    if (taken === 0) this.#ofNetwork.delete(network);
    else this.#ofNetwork.set(network, taken);
    return this.#bytes <= this.#options.maxBytes && taken <= this.#options.maxBytesOfNetwork;
  }
}

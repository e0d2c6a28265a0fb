// Which nodes tell each other over a Redis what changes, and whether each still can: a node that is cut off from Redis, or
// may not write to it, tells nothing, and the others hear nothing amiss. Each writes down now and then that it is there,
// and how much it has told. It decides nothing about caches.

import type { RedisConnection } from './redis-connection.ts';

export interface PeersOptions {
  readonly connection: Pick<RedisConnection, 'run'>;
  readonly keyPrefix: string;
  /** Where this node runs: the same after a restart, so that nobody waits for the one before. */
  readonly place: string;
  /** Of this start of this node. */
  readonly nodeId: string;
  /** The number of the newest message that has been told, or failed to be. */
  readonly told: () => number;
  /** So much had this node told a moment ago, whether it was heard or not. */
  readonly onTold: (nodeId: string, number: number) => void;
  /** Whether somebody who should be there says nothing; called when that changes. */
  readonly onSilence: (isSilent: boolean) => void;
  /** Milliseconds that only rise. */
  readonly clock: () => number;
}

const BEAT_EVERY_MS = 1000;
/** A few beats, so that a busy moment over there is no silence. */
const SILENT_AFTER_MS = 5000;
/** Who left without a word is missed for so long; a machine that was taken away must not be missed for ever. */
const MISSED_FOR_MS = 86_400_000;
/** Nodes of one sector and far more; who comes after them is not watched. */
const MAX_PEERS = 1000;
/** In place of a beat: it has been stopped, and changes nothing any more. */
const GOODBYE = 'bye';

interface Peer {
  beat: string;
  seenAt: number;
}

export class RedisPeers {
  readonly #options: PeersOptions;
  readonly #key: string;
  readonly #peers = new Map<string, Peer>();
  #beats = 0;
  #isSilent = false;
  #timer: NodeJS.Timeout | null = null;
  #isClosed = false;

  constructor(options: PeersOptions) {
    this.#options = options;
    this.#key = `${options.keyPrefix}:nodes`;
    this.#soon();
  }

  /** Says goodbye, so that nobody misses it. May be called twice. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    const { connection, place } = this.#options;
    await connection.run((client) => client.hset(this.#key, place, GOODBYE)).catch(unheard);
  }

  #soon(): void {
    if (this.#isClosed) return;
    const beat = (): void => void this.#beat().finally(() => this.#soon());
    this.#timer = setTimeout(beat, BEAT_EVERY_MS).unref();
  }

  async #beat(): Promise<void> {
    const { connection, place, nodeId, told } = this.#options;
    const beat = `${nodeId} ${++this.#beats} ${told()}`;
    await connection.run((client) => client.hset(this.#key, place, beat)).catch(unheard);
    const all = await connection.run((client) => client.hgetall(this.#key)).catch(unheard);
    if (this.#isClosed) return;
    if (all !== null) for (const [name, text] of Object.entries(all)) if (name !== place) this.#see(name, text);
    await this.#judge();
  }

  #see(place: string, beat: string): void {
    const before = this.#peers.get(place);
    if (before?.beat === beat) return;
    const now = this.#options.clock();
    if (before === undefined) {
      if (this.#peers.size < MAX_PEERS) this.#peers.set(place, { beat, seenAt: now });
      return;
    }
    // What it had told when it was seen last has been heard by now, or is lost.
    const [nodeId = '', , told] = before.beat.split(' ');
    if (told !== undefined) this.#options.onTold(nodeId, Number(told));
    before.beat = beat;
    before.seenAt = now;
  }

  async #judge(): Promise<void> {
    const now = this.#options.clock();
    let isSilent = false;
    for (const [place, { beat, seenAt }] of this.#peers) {
      if (now - seenAt > MISSED_FOR_MS) {
        this.#peers.delete(place);
        await this.#options.connection.run((client) => client.hdel(this.#key, place)).catch(unheard);
      } else if (beat !== GOODBYE && now - seenAt > SILENT_AFTER_MS) isSilent = true;
    }
    if (isSilent === this.#isSilent) return;
    this.#isSilent = isSilent;
    this.#options.onSilence(isSilent);
  }
}

/** Redis cannot be asked, or refuses: others see that a beat is missing. */
function unheard(): null {
  return null;
}

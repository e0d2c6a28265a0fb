// What nodes of one registry tell each other of changes where they share no Redis: by NOTIFY of the PostgreSQL they share.
// Every message has a number, and who has nothing to tell says its newest number all the same, so that a lost one shows,
// as does a node that died with something untold. A message that comes twice does no harm.

import type { Client } from 'pg';
import { type Connect, inTime, LOOK_MS, pause, RETRY_MS, withSession } from './session.ts';

/** Slots of cache/epoch-table.ts. */
export interface Noticed {
  readonly changed: readonly number[];
  readonly created: readonly number[];
}

export interface NoticesOptions {
  readonly connect: Connect;
  /** Nodes that name the same hear each other. */
  readonly channel: string;
  /** Of this start of this node. */
  readonly nodeId: string;
  readonly onHeard: (noticed: Noticed) => void;
  /** There is a job to do. It may be told in vain, and may go lost. */
  readonly onWake: () => void;
  /** Something may have been missed, or everything may have changed. */
  readonly onGap: () => void;
  readonly onState: (state: 'up' | 'down') => void;
}

interface Message {
  /** Who tells, and the number of its newest message. */
  readonly n: string;
  readonly c: number;
  readonly changed?: readonly number[];
  readonly created?: readonly number[];
  readonly everything?: true;
  readonly wake?: true;
  /** Its last. */
  readonly bye?: true;
}

/** Slots that may wait to be told; beyond it all nodes are told that everything may have changed. */
const MAX_WAITING = 20_000;
/** Slots of one message: PostgreSQL takes less than 8,000 bytes. */
const BATCH = 800;
/** Silence after which a node is taken for dead; its own echo, after which the connection is. */
const SILENCE_MS = 3000;

export class Notices {
  readonly #options: NoticesOptions;
  #changed = new Set<number>();
  #created = new Set<number>();
  #everything = false;
  #isTelling = false;
  #told = 0;
  #client: Client | null = null;
  /** The newest number of each node, and when it was heard. */
  readonly #heard = new Map<string, { readonly number: number; readonly at: number }>();
  #echoAt = 0;
  #isClosed = false;

  constructor(options: NoticesOptions) {
    this.#options = options;
    options.onState('down');
    void this.#listen();
  }

  /** Returns at once. Told as soon as PostgreSQL can be reached. */
  publish({ changed, created }: Noticed, everything = false): void {
    if (everything) this.#everything = true;
    for (const slot of changed) this.#changed.add(slot);
    for (const slot of created) this.#created.add(slot);
    if (this.#changed.size + this.#created.size > MAX_WAITING) {
      this.#changed.clear();
      this.#created.clear();
      this.#everything = true;
    }
    if (this.#isTelling || this.#client === null) return;
    this.#isTelling = true;
    setImmediate(() => void this.#tellAll());
  }

  wake(): void {
    if (this.#client !== null) this.#send(this.#client, { wake: true }).catch(() => {}); // whoever leads looks anyway
  }

  /** Tells what waits, if that can be done soon. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const client = this.#client;
    if (client === null) return;
    await this.#tellAll();
    await this.#send(client, { bye: true }).catch(() => {}); // its silence will tell
    client.end().catch(() => {});
  }

  /** What could not be told waits for the next connection. */
  async #tellAll(): Promise<void> {
    this.#isTelling = true;
    try {
      while (this.#client !== null && this.#hasNews()) await this.#tell(this.#client);
    } catch {
      // The connection goes with it, and what waits is told over the next.
    }
    this.#isTelling = false;
  }

  #hasNews(): boolean {
    return this.#everything || this.#changed.size + this.#created.size > 0;
  }

  async #tell(client: Client): Promise<void> {
    const changed = firstOf(this.#changed, BATCH);
    const created = firstOf(this.#created, BATCH - changed.length);
    const everything = this.#everything;
    for (const slot of changed) this.#changed.delete(slot);
    for (const slot of created) this.#created.delete(slot);
    this.#everything = false;
    // A number is used up even if telling fails: whether it arrived is not known, and then it is a gap.
    this.#told++;
    try {
      await this.#send(client, { changed, created, ...(everything ? { everything } : {}) });
    } catch (error) {
      for (const slot of changed) this.#changed.add(slot);
      for (const slot of created) this.#created.add(slot);
      this.#everything ||= everything;
      throw error;
    }
  }

  async #send(client: Client, message: Omit<Message, 'n' | 'c'>): Promise<void> {
    const { channel, nodeId } = this.#options;
    const text = JSON.stringify({ n: nodeId, c: this.#told, ...message } satisfies Message);
    await inTime(client.query({ name: 'notice', text: 'SELECT pg_notify($1, $2)', values: [channel, text] }));
  }

  async #listen(): Promise<void> {
    while (!this.#isClosed) {
      try {
        await withSession(this.#options.connect, (client) => this.#follow(client));
      } catch {
        // Down until it can be followed again: what it missed meanwhile is a gap.
      }
      this.#client = null;
      this.#options.onState('down');
      if (!this.#isClosed) await pause(RETRY_MS);
    }
  }

  async #follow(client: Client): Promise<void> {
    const { channel, onGap, onState } = this.#options;
    client.on('notification', ({ payload }) => {
      try {
        this.#hear(payload ?? '');
      } catch {
        onGap(); // whoever may connect may say anything, and a newer node something else: it may have been a change
      }
    });
    await inTime(client.query(`LISTEN ${client.escapeIdentifier(channel)}`));
    this.#heard.clear();
    this.#client = client;
    this.#echoAt = performance.now();
    onGap();
    onState('up');
    await this.#tellAll();
    while (!this.#isClosed) {
      await this.#send(client, {});
      await pause(LOOK_MS);
      const now = performance.now();
      if (now - this.#echoAt > SILENCE_MS) throw new Error('Notices of our own do not come back.');
      this.#missSilent(now);
    }
  }

  /** What a node had to tell when it died nobody will. */
  #missSilent(now: number): void {
    for (const [node, { at }] of this.#heard) {
      if (now - at <= SILENCE_MS) continue;
      this.#heard.delete(node);
      this.#options.onGap();
    }
  }

  #hear(payload: string): void {
    const { nodeId, onHeard, onGap, onWake } = this.#options;
    const message = JSON.parse(payload) as Message;
    const at = performance.now();
    if (message.n === nodeId) {
      this.#echoAt = at;
      return;
    }
    const { n, c: number, changed = [], created = [], everything, wake, bye } = message;
    const before = this.#heard.get(n)?.number;
    const isNews = changed.length + created.length > 0 || everything === true;
    const expected = before === undefined ? number : isNews ? before + 1 : before;
    if (bye === true) this.#heard.delete(n);
    else this.#heard.set(n, { number: Math.max(number, before ?? 0), at });
    if (isNews) onHeard({ changed, created });
    if (wake === true) onWake();
    if (everything === true || number > expected) onGap();
  }
}

function firstOf(slots: ReadonlySet<number>, count: number): number[] {
  const first: number[] = [];
  for (const slot of slots) {
    if (first.length >= count) break;
    first.push(slot);
  }
  return first;
}

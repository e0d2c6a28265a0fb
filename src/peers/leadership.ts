// Which of several nodes leads: the one whose session holds a lock. PostgreSQL gives it up with the session, and another
// node takes it (how soon: SESSION_KEEPALIVE). Whoever leads may not know at once that it does no more: what is done in its
// name must bear to be begun twice.

import type { Client } from 'pg';
import { type Connect, inTime, LOOK_MS, pause, RETRY_MS, withSession } from './session.ts';

export interface LeadershipOptions {
  readonly connect: Connect;
  /** What is led: nodes that name the same compete. */
  readonly name: string;
  readonly onChange: (leads: boolean) => void;
}

const TRY = 'SELECT pg_try_advisory_lock(hashtextextended(current_schema() || $1, 0)) AS leads';

export class Leadership {
  readonly #options: LeadershipOptions;
  #leads = false;
  #isClosed = false;
  #end: () => void = () => {};
  readonly #ended: Promise<void>;

  constructor(options: LeadershipOptions) {
    this.#options = options;
    this.#ended = this.#campaign();
  }

  get leads(): boolean {
    return this.#leads;
  }

  /** Another node may lead at once. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#end();
    await this.#ended;
  }

  async #campaign(): Promise<void> {
    while (!this.#isClosed) {
      try {
        await withSession(this.#options.connect, (client) => this.#hold(client));
      } catch {
        // No primary at present, or it went: whoever leads by then is found out with the next session.
      }
      this.#set(false);
      if (!this.#isClosed) await this.#until(RETRY_MS);
    }
  }

  /** Asks for the lock, and once it is there whether the session still is. */
  async #hold(client: Client): Promise<void> {
    while (!this.#isClosed) {
      if (this.#leads) await inTime(client.query('SELECT 1'));
      else {
        const { rows } = await inTime(client.query(TRY, [this.#options.name]));
        this.#set(rows[0]?.leads === true);
      }
      await this.#until(LOOK_MS);
    }
    this.#set(false);
    await inTime(client.query('SELECT pg_advisory_unlock_all()'));
  }

  async #until(ms: number): Promise<void> {
    if (this.#isClosed) return;
    await Promise.race([
      pause(ms),
      new Promise<void>((resolve) => {
        this.#end = resolve;
      }),
    ]);
  }

  #set(leads: boolean): void {
    if (this.#leads === leads) return;
    this.#leads = leads;
    this.#options.onChange(leads);
  }
}

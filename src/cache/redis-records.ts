// Own records in Redis, shared by the threads and nodes of one store that costs more than Redis to ask. A slow or dead
// Redis is a miss.

import type { ByteString } from '../domain/bytes.ts';
import type { Handle } from '../domain/handle.ts';
import type { Observer } from '../domain/observer.ts';
import type { KeptRecord, RecordTier } from './record-tier.ts';
import type { RedisConnection } from './redis-connection.ts';
import { RedisTexts } from './redis-texts.ts';

export interface RedisRecordsOptions {
  readonly connection: RedisConnection;
  readonly keyPrefix: string;
  /** No record is kept longer. */
  readonly maxAgeSeconds: number;
  readonly observer: Pick<Observer, 'cacheEvent'>;
  readonly codec: RecordCodec;
}

/** Records ⇄ what is kept of them. */
export interface RecordCodec {
  encode(kept: KeptRecord): ByteString;
  /** Null for what it did not make. */
  decode(handle: Handle, text: ByteString): KeptRecord | null;
}

export class RedisRecords implements RecordTier {
  readonly #options: RedisRecordsOptions;
  readonly #texts: RedisTexts;
  readonly #failed = (): null => {
    this.#options.observer.cacheEvent('l2', 'failed', 1);
    return null;
  };

  constructor(options: RedisRecordsOptions) {
    this.#options = options;
    const { connection, keyPrefix } = options;
    this.#texts = new RedisTexts({ connection, keyPrefix, kind: 'record', onUnwritten: this.#failed });
  }

  get isUp(): boolean {
    return this.#texts.isUp;
  }

  get(handle: Handle): Promise<KeptRecord | null> {
    return this.#texts.get(handle).then((text) => this.#got(text, handle), this.#failed);
  }

  set(kept: KeptRecord): void {
    const { codec, maxAgeSeconds } = this.#options;
    this.#texts.set(kept.record.handle, () => codec.encode(kept), maxAgeSeconds * 1000);
  }

  /** After a change: removes them, and keeps out what is on its way. Throws if Redis cannot be reached or refuses. */
  bar(handles: readonly Handle[]): Promise<void> {
    return this.#texts.bar(handles);
  }

  close(): Promise<void> {
    return this.#texts.close();
  }

  #got(text: ByteString | null, handle: Handle): KeptRecord | null {
    const { codec, observer } = this.#options;
    const kept = text === null ? null : codec.decode(handle, text);
    observer.cacheEvent('l2', kept === null ? 'miss' : 'hit', 1);
    return kept;
  }
}

// What the Handle protocol's doors are given by whoever opens them: where to tell of requests, and the other threads.

import type { ByteString } from '../domain/bytes.ts';
import type { HandleError } from '../domain/error.ts';
import type { Sampled } from '../logbook/resolution-sample.ts';
import type { Client, Reply } from './outcome.ts';

/** Told of each request but the plain resolutions that no sample fell on, and of each defect. */
export type HandleLog = (entry: {
  readonly requestId: string;
  readonly opCode: number;
  /** As it was spelled; empty where there is none. */
  readonly handle: string;
  readonly responseCode: number;
  readonly durationMs: number;
  readonly client: Client;
  /** Who asks, as `index:handle`. */
  readonly identity: string | null;
  readonly failure: HandleError | null;
  /** Of a plain resolution: why it is here; null of all else. */
  readonly plain: Sampled | null;
}) => void;

/** The other threads of the node, which have challenges and sessions of their own. */
export interface Peers {
  readonly thread: number;
  /** Has another thread answer; null if it cannot. */
  forward(thread: number, message: ByteString, client: Client): Promise<Reply | null>;
}

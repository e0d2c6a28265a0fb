// What the supervisor and a worker tell each other. Commits go over a port of their own (store/commit-channel.ts).

import type { MessagePort } from 'node:worker_threads';
import type { EpochBuffers } from '../cache/epoch-table.ts';
import type { ErrorParts } from '../domain/error-parts.ts';
import type { TlsMaterial } from '../http-server/tls.ts';
import type { Config } from './config.ts';
import type { HandleSite } from './handle-site.ts';
import type { Report } from './log-files.ts';

/** Where a worker listens. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** What a worker is born with. */
export interface WorkerStart {
  /** From 1; also its region of the counters. */
  readonly index: number;
  /** With the port that all workers share. */
  readonly config: Config;
  readonly epochs: EpochBuffers;
  readonly counters: SharedArrayBuffer;
  readonly commitPort: MessagePort;
  /** To the thread that asks other nodes; null if none are asked. */
  readonly foreignPort: MessagePort | null;
  /** Null for plain HTTP. */
  readonly tls: TlsMaterial | null;
  readonly version: string;
  /** Null if the Handle protocol is off. */
  readonly handle: HandleSite | null;
  /** Of this run of the node: threads find each other by it. */
  readonly runId: string;
  /** The key of pseudonyms in logs. */
  readonly clientKey: string;
  /** Keys that open the secrets of lots, the first seals new ones. */
  readonly lotKeys: readonly Uint8Array[];
  readonly reusePort: boolean;
}

export type WorkerMessage =
  | { readonly kind: 'listening'; readonly address: Address }
  /** It could not start. */
  | { readonly kind: 'failed'; readonly error: ErrorParts }
  | { readonly kind: 'report'; readonly report: Report }
  /** A file has come to be imported, or an import is to end. */
  | { readonly kind: 'imports' };

/** What a worker is told while it lives. */
export type WorkerOrder =
  /** Finish what is in flight, close everything, end. */
  | { readonly kind: 'stop' }
  /** Go on answering, keep no connection. */
  | { readonly kind: 'drain' }
  /** Use this certificate for connections from now on. */
  | { readonly kind: 'renew-tls'; readonly material: TlsMaterial }
  /** Answer as this site from now on. */
  | { readonly kind: 'renew-site'; readonly site: HandleSite };

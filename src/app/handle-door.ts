// Wires the Handle protocol's doors of one thread, over the parts that its HTTP door has too.

import { randomBytes, randomInt, randomUUID } from 'node:crypto';
import { type HandleServer, type HandleServerOptions, startHandleServer } from '../handle-server/handle-server.ts';
import { threadOf } from '../handle-server/id-source.ts';
import type { HandleLog } from '../handle-server/surroundings.ts';
import type { AnswerMessage } from '../http-server/handle-messages.ts';
import type { Denied, RequestLog } from '../http-server/http-server.ts';
import { PROBLEMS } from '../http-server/problems.ts';
import { OPERATION, RESPONSE } from '../wire/protocol.ts';
import type { Config } from './config.ts';
import { openPeers } from './handle-peers.ts';
import { workerCountOf } from './listening.ts';
import type { LiveSite } from './live-site.ts';

export interface HandleDoorOptions
  extends Omit<
    HandleServerOptions,
    'host' | 'site' | 'random' | 'peers' | 'limits' | 'log' | 'newRequestId' | 'sampling'
  > {
  readonly config: Config;
  readonly site: LiveSite;
  readonly port: number;
  /** Of this run of the node: threads find each other by it. */
  readonly runId: string;
  /** Of this node, from 1; 0 where there is one. */
  readonly thread: number;
  readonly log: RequestLog;
  /** Null if no resolution is to be kept. */
  readonly keepsResolution: (() => boolean) | null;
}

export interface HandleDoor extends Pick<HandleServer, 'close'> {
  /** Answers messages that come through another door. */
  readonly answerMessage: AnswerMessage;
}

export async function openHandleDoor(options: HandleDoorOptions): Promise<HandleDoor> {
  const { config, thread, runId } = options;
  const threads = new Set(Array.from({ length: workerCountOf(config.workers) }, (_, i) => threadOf(i + 1)));
  const peers = options.reusePort ? openPeers({ runId, thread: threadOf(thread), threads }) : null;
  const { inFlight, missesPerSecond, missBurst, tripsPerSecond, tripBurst } = config.limits;
  const { host, maxConnections: connections, idleTimeoutMs, messageTimeoutMs } = config.handle;
  const server = await startHandleServer({
    ...options,
    host,
    log: adapt(options.log),
    newRequestId: randomUUID,
    sampling: {
      resolutionSample: config.log.resolutionSample,
      ...(options.keepsResolution === null ? {} : { keepsResolution: options.keepsResolution }),
    },
    random: { bytes: randomBytes, int: randomInt },
    peers,
    limits: {
      ...{ connections, idleTimeoutMs, messageTimeoutMs },
      ...{ inFlight, missesPerSecond, missBurst, tripsPerSecond, tripBurst },
    },
  });
  peers?.serve(server.answerer);
  return {
    answerMessage: async (message, { address }) => server.answerer.answer(message, { address, door: 'handle-http' }),
    close: () => server.close().then(() => peers?.close()),
  };
}

const METHODS = { 'handle-tcp': 'HDL-TCP', 'handle-udp': 'HDL-UDP', 'handle-http': 'HDL-HTTP' } as const;
const NAMES: ReadonlyMap<number, string> = new Map(Object.entries(OPERATION).map(([name, code]) => [code, name]));

/** Of answers that are no failures, as the interface of HTTP has them. */
const STATUSES: ReadonlyMap<number, number> = new Map([
  [RESPONSE.handleNotFound, 404],
  [RESPONSE.serviceReferral, 300],
  [RESPONSE.prefixReferral, 300],
]);

/** Requests of this protocol stand in the logs as those of HTTP, with the status that their failure has there. */
function adapt(log: RequestLog): HandleLog {
  return ({ requestId, opCode, handle, responseCode, durationMs, client, identity, failure, plain }) => {
    const denial = failure === null ? null : deniedBy(failure);
    log({
      requestId,
      method: METHODS[client.door],
      route: NAMES.get(opCode) ?? 'unknown',
      path: encodeURI(handle.toWellFormed()),
      status: failure === null ? (STATUSES.get(responseCode) ?? 200) : PROBLEMS[failure.code].status,
      durationMs,
      client: client.address,
      ...(identity === null ? {} : { principalId: identity }),
      ...(failure === null ? {} : { code: failure.code }),
      ...(failure?.code === 'INTERNAL' ? { cause: failure.cause } : {}),
      ...(denial === null ? {} : { denial }),
      ...(plain === null ? {} : { plain }),
    });
  };
}

function deniedBy({ code, message }: NonNullable<Parameters<HandleLog>[0]['failure']>): Denied | null {
  if (code !== 'UNAUTHENTICATED' && code !== 'FORBIDDEN' && code !== 'RATE_LIMITED') return null;
  return { code, reason: message, principalId: null };
}

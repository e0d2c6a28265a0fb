// A request of the Handle protocol on its way to its answer, and what is logged of it.

import { EMPTY_BYTES } from '../domain/bytes.ts';
import type { HandleError } from '../domain/error.ts';
import type { Sampled } from '../logbook/resolution-sample.ts';
import type { Requester } from '../registry/handle-requester.ts';
import type { Decoded, RequestMessage, ResponseMessage } from '../wire/message.ts';
import { FLAG, OPERATION, UNKNOWN_SERIAL } from '../wire/protocol.ts';
import type { Authentication } from './authentication.ts';
import type { Client } from './outcome.ts';
import type { Asked } from './responses.ts';
import type { Session } from './sessions.ts';
import type { HandleLog } from './surroundings.ts';

export interface Call {
  readonly request: Decoded<RequestMessage>;
  readonly client: Client;
  readonly session: Session | null;
  /** Who asks; null until somebody has proven to be. */
  readonly requester: Requester | null;
  /** What is answered: the request, or the answer to a challenge that has held it up. */
  readonly asked: Asked;
  readonly keepsConnection: boolean;
  /** Null for what is not logged unless it is a defect. */
  readonly requestId: string | null;
  /** Why a plain resolution is logged; null for all else. */
  readonly plain: Sampled | null;
  readonly startedAt: number;
}

/** What a response takes from a message of which only the envelope can be read. */
export const UNREADABLE = { opCode: 0, opFlags: 0, siteSerial: UNKNOWN_SERIAL, content: EMPTY_BYTES } as const;

/** The same of one that can be read whole. */
export function readIn({
  header,
  content,
}: Decoded<RequestMessage> | Decoded<ResponseMessage>): Omit<Asked, 'envelope' | 'session'> {
  const { opCode, opFlags, siteInfoSerial: siteSerial } = header;
  return { opCode, opFlags, siteSerial, content };
}

export function callOf(
  request: Decoded<RequestMessage>,
  client: Client,
  session: Session | null,
  authentication: Pick<Authentication, 'requesterIn'>,
): Call {
  const { envelope } = request;
  const read = readIn(request);
  return {
    request,
    client,
    session,
    requester: session === null ? null : authentication.requesterIn(session),
    asked: { envelope, ...read, session },
    keepsConnection: (read.opFlags & FLAG.keepConnection) !== 0,
    requestId: null,
    plain: null,
    startedAt: performance.now(),
  };
}

export interface CallLogOptions {
  readonly log: HandleLog;
  readonly newRequestId: () => string;
  /** Of plain resolutions; null where none is logged. */
  readonly sample: (() => Sampled | null) | null;
}

export class CallLog {
  readonly #options: CallLogOptions;

  constructor(options: CallLogOptions) {
    this.#options = options;
  }

  newRequestId(): string {
    return this.#options.newRequestId();
  }

  /** To be asked once for each resolution of nobody in particular: why it is logged, null if it is not. */
  sampled(): Sampled | null {
    const { sample } = this.#options;
    return sample === null ? null : sample();
  }

  /** The same with a request id if it is to be logged. Of the resolutions of nobody in particular that is a sample. */
  named(call: Call): Call {
    if (call.requestId !== null) return call;
    const isPlain = call.request.header.opCode === OPERATION.resolution && call.requester === null;
    return isPlain ? this.sampledAs(call, this.sampled()) : { ...call, requestId: this.#options.newRequestId() };
  }

  sampledAs(call: Call, plain: Sampled | null): Call {
    return plain === null ? call : { ...call, requestId: this.#options.newRequestId(), plain };
  }

  /** Of a defect always, and then whatever the sample says. */
  tell(call: Call, responseCode: number, failure: HandleError | null): void {
    const isDefect = failure?.code === 'INTERNAL';
    if (call.requestId === null && !isDefect) return;
    const { request, client, requester, requestId, startedAt } = call;
    const { body, header } = request;
    this.#options.log({
      requestId: requestId ?? this.#options.newRequestId(),
      opCode: header.opCode,
      handle: 'handle' in body ? body.handle : '',
      responseCode,
      durationMs: performance.now() - startedAt,
      client: { address: client.address, door: client.door },
      identity: requester?.kind === 'handle' ? `${requester.identity.index}:${requester.identity.handle}` : null,
      failure,
      plain: isDefect ? null : call.plain,
    });
  }
}

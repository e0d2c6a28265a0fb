// What came of a request, before it is a message; who asks; and the messages that answer.

import type { ByteString } from '../domain/bytes.ts';
import type { Door } from '../domain/observer.ts';
import { RESPONSE } from '../wire/protocol.ts';
import type { ResponseContent } from '../wire/response-body.ts';

/** Where a request comes from. */
export interface Client {
  readonly address: string;
  readonly door: Exclude<Door & `handle-${string}`, 'handle-api'>;
}

export interface Outcome {
  /** Of the response, as 2.11 numbers them. */
  readonly code: number;
  readonly content: ResponseContent;
  /** Flags of the response beside those that every one has. */
  readonly flags: number;
  /** Whether the content is not for everyone. */
  readonly isPrivate: boolean;
  /** Of the challenge or session that the response begins; 0 for none. */
  readonly sessionId: number;
}

export interface Reply {
  /** Several only of listings. */
  readonly messages: readonly ByteString[] | AsyncIterable<ByteString>;
  /** Whether the client has asked for more to be answered on the same connection. */
  readonly keepsConnection: boolean;
}

export function succeeded(content: ResponseContent, flags = 0): Outcome {
  return { code: RESPONSE.success, content, flags, isPrivate: false, sessionId: 0 };
}

// Messages of the Handle protocol in the body of a POST (HSv9), for clients behind proxies that let only HTTP through. What a
// message is answered with is the Handle protocol's own; here it is only carried. Forms of people come the same way.

import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ByteString } from '../domain/bytes.ts';
import { HandleError } from '../domain/error.ts';
import { MAX_PARAMETERS_BYTES } from '../domain/limits.ts';
import { ENVELOPE_BYTES, MAX_MESSAGE_BYTES } from '../wire/protocol.ts';
import { bodyOf } from './handle-api-methods.ts';
import type { AnswerPage } from './pages.ts';
import { pathOf } from './request-hooks.ts';

/** Answers one message, in one or several. Never throws or rejects. */
export type AnswerMessage = (
  message: ByteString,
  client: { readonly address: string },
) => Promise<{ readonly messages: readonly ByteString[] | AsyncIterable<ByteString> }>;

export interface HandleMessagesOptions {
  /** Null where the Handle protocol is off. */
  readonly answerMessage: AnswerMessage | null;
  /** Answers the form of the home page, and whoever sends it something else. */
  readonly answerForm: AnswerPage;
}

const MESSAGE_TYPE = 'application/x-hdl-message';

/** Whether a request brings a message, and takes one for an answer. */
function isHandleMessage({ headers }: FastifyRequest): boolean {
  const { 'content-type': type = '', accept = '' } = headers;
  return type.includes(MESSAGE_TYPE) && accept.includes(MESSAGE_TYPE);
}

export function registerHandleMessages(app: FastifyInstance, options: HandleMessagesOptions): void {
  const { answerMessage, answerForm } = options;
  app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    const bodyLimit = ENVELOPE_BYTES + MAX_MESSAGE_BYTES;
    scope.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit }, (_request, body, done) => done(null, body));
    const ofForms = { parseAs: 'string', bodyLimit: MAX_PARAMETERS_BYTES } as const;
    scope.addContentTypeParser('application/x-www-form-urlencoded', ofForms, (_request, body, done) => {
      done(null, new URLSearchParams(String(body)));
    });
    scope.route({
      method: 'POST',
      url: '/*',
      handler: async (request, reply) => {
        if (answerMessage === null || !isHandleMessage(request)) {
          if (pathOf(request.url) === '/') return answerForm(request, reply);
          throw new HandleError('NOT_FOUND', 'There is nothing to post to at this path: /docs shows what there is.');
        }
        const message = bodyOf(request).toString('latin1') as ByteString;
        const { messages } = await answerMessage(message, { address: request.client });
        reply.type(MESSAGE_TYPE).header('Cache-Control', 'no-store').header('Vary', 'Accept-Encoding, User-Agent');
        if (Symbol.asyncIterator in messages) return reply.send(Readable.from(inBytes(messages)));
        return reply.send(Buffer.from(messages.join(''), 'latin1'));
      },
    });
  });
}

async function* inBytes(messages: AsyncIterable<ByteString>): AsyncGenerator<Buffer> {
  for await (const message of messages) yield Buffer.from(message, 'latin1');
}

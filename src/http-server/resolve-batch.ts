// `POST /v1/resolve`: many handles in one call, each answered as the Handle API answers it, in the order asked. As JSON,
// or as NDJSON that streams both ways without being gathered.

import type { IncomingMessage } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Answer } from '../domain/answer.ts';
import { type ByteString, isUtf8, textFromBytes } from '../domain/bytes.ts';
import { HandleError } from '../domain/error.ts';
import { MAX_BATCH_ITEMS, MAX_RESOLVE_BODY_BYTES } from '../domain/limits.ts';
import type { Observer } from '../domain/observer.ts';
import { type Asker, USUAL } from '../resolver/asker.ts';
import { formatJsonText } from '../wire/value-json.ts';
import { AnswerArray, release } from './answer-array.ts';
import type { RequestAuthentication } from './authentication.ts';
import type { Caller } from './client-network.ts';
import { echo, errorBody, publicBody, sourcedBody } from './handle-api-reply.ts';
import { type Line, LineSplitter, MAX_LINE_BYTES } from './ndjson.ts';
import { asHandleError } from './problems.ts';
import { queryChecker, RESOLVE_QUERY } from './schemas.ts';

export interface ResolveBatchOptions {
  readonly asker: Asker<Caller>;
  readonly authentication: RequestAuthentication;
  readonly observer: Observer;
}

const resolveQuery = queryChecker(RESOLVE_QUERY);

type Piece = ByteString | Promise<ByteString>;

/** One call: who pays for misses, and what its log line is about. */
interface Call extends ResolveBatchOptions {
  readonly request: FastifyRequest;
  readonly client: IncomingMessage | null;
  /** Whether each value says which record it comes from. */
  readonly provenance: boolean;
}

export function registerResolveBatch(scope: FastifyInstance, options: ResolveBatchOptions): void {
  scope.addContentTypeParser('application/x-ndjson', (_request, payload, done) => done(null, payload));
  const { bodyLimit = MAX_RESOLVE_BODY_BYTES } = scope.initialConfig;
  const limits = { bodyLimit: Math.min(bodyLimit, MAX_RESOLVE_BODY_BYTES) };
  scope.post('/v1/resolve', limits, async (request, reply) => {
    const { provenance = false } = resolveQuery.check(request.query);
    const client = await clientOf(request, options.authentication);
    const call: Call = { ...options, request, client, provenance };
    const { body } = request;
    if (isStream(body)) return streamAnswers(body, reply, (line) => answerLine(call, line));
    const answer = await answerAll(call, readHandles(body));
    reply.raw.once('finish', () => release(answer));
    reply.type('application/json; charset=utf-8');
    return answer;
  });
}

/** Who shows a key is no guesser; who shows a bad one is told. */
async function clientOf(
  { raw }: FastifyRequest,
  authentication: RequestAuthentication,
): Promise<IncomingMessage | null> {
  if ((await authentication.principalOf(raw)) !== null) return null;
  if (raw.headers.authorization === undefined) return raw;
  throw new HandleError('UNAUTHENTICATED', 'Write your key as "Authorization: Bearer jb_…", or send none.');
}

function isStream(body: unknown): body is IncomingMessage {
  return typeof body === 'object' && body !== null && 'pipe' in body && typeof body.pipe === 'function';
}

/** Throws `INVALID_REQUEST` or `PAYLOAD_TOO_LARGE` for the whole call. */
function readHandles(body: unknown): readonly string[] {
  if (!Array.isArray(body)) {
    throw new HandleError('INVALID_REQUEST', 'Send a JSON array of handles, or one a line as application/x-ndjson.');
  }
  if (body.length > MAX_BATCH_ITEMS) {
    throw new HandleError(
      'PAYLOAD_TOO_LARGE',
      `Ask for at most ${MAX_BATCH_ITEMS} handles a call, not ${body.length}: send several, or stream them as NDJSON.`,
    );
  }
  const strange = body.findIndex((item) => typeof item !== 'string');
  if (strange >= 0) {
    throw new HandleError('INVALID_REQUEST', `Item ${strange} is no string: write each handle as a string.`, {
      at: `/${strange}`,
    });
  }
  return body;
}

/** Stops as soon as it is too much to send. What is at hand is written at once; what is not, makes the rest wait. */
function answerAll(call: Call, texts: readonly string[]): Buffer<ArrayBuffer> | Promise<Buffer<ArrayBuffer>> {
  const answers = new AnswerArray();
  for (const [i, text] of texts.entries()) {
    const piece = answerText(call, text);
    if (typeof piece !== 'string') return answerRest(call, answers, piece, texts.slice(i + 1));
    answers.push(piece);
  }
  return answers.end();
}

async function answerRest(
  call: Call,
  answers: AnswerArray,
  first: Promise<ByteString>,
  texts: readonly string[],
): Promise<Buffer<ArrayBuffer>> {
  for (const piece of await settled([first, ...texts.map((text) => answerText(call, text))])) answers.push(piece);
  return answers.end();
}

function settled(pieces: readonly Piece[]): readonly ByteString[] | Promise<ByteString[]> {
  return pieces.some((piece) => piece instanceof Promise) ? Promise.all(pieces) : (pieces as readonly ByteString[]);
}

function answerText(call: Call, text: string): Piece {
  const { asker, client } = call;
  try {
    const answer = asker.ask('batch', asker.parse(text), client, USUAL);
    if (!(answer instanceof Promise)) return batchBody(call, answer, text);
    return answer.then(
      (late) => batchBody(call, late, text),
      (error) => failedBody(call, error, text),
    );
  } catch (error) {
    return failedBody(call, error, text);
  }
}

/** As the Handle API; of a revoked handle it also says so, and why. */
function batchBody({ provenance }: Call, answer: Answer, spelled: string): ByteString {
  if (answer.kind !== 'revoked') return provenance ? sourcedBody(answer, spelled) : publicBody(answer, spelled);
  const reason = answer.reason === null ? 'null' : formatJsonText(answer.reason);
  return `{"responseCode":100,"handle":${echo(spelled)},"revoked":true,"revokedBy":${echo(answer.revokedBy)},"reason":${reason}}` as ByteString;
}

function failedBody(call: Call, thrown: unknown, text: string | null): ByteString {
  const error = asHandleError(thrown);
  if (error.code === 'INTERNAL') call.request.failure = error;
  call.observer.failed(error.code);
  return errorBody(error, text);
}

/** A line is a handle, as it stands or as a JSON string; what is neither is answered in its place. */
function answerLine(call: Call, line: Line): Piece {
  try {
    return answerText(call, readLine(line));
  } catch (error) {
    return failedBody(call, error, null);
  }
}

function readLine(line: Line): string {
  if (line === null) {
    throw new HandleError(
      'INVALID_REQUEST',
      `This line is longer than ${MAX_LINE_BYTES} bytes: write a handle a line.`,
    );
  }
  const bytes = line as ByteString;
  if (!isUtf8(bytes)) throw new HandleError('INVALID_REQUEST', 'This line is not well-formed UTF-8.');
  const text = textFromBytes(bytes);
  if (!text.startsWith('"')) return text;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new HandleError('INVALID_REQUEST', 'This line begins as a JSON string and is none: mend its quotes.', {
      cause,
    });
  }
  return value as string; // JSON that begins with a quote is a string
}

async function streamAnswers(
  lines: IncomingMessage,
  reply: FastifyReply,
  answer: (line: Line) => Piece,
): Promise<FastifyReply> {
  reply.hijack();
  const headers = { ...reply.getHeaders(), 'content-type': 'application/x-ndjson; charset=utf-8' };
  reply.raw.writeHead(200, headers as Record<string, string>);
  try {
    await pipeline(lines, (chunks: AsyncIterable<Buffer>) => answersOf(chunks, answer), reply.raw);
  } catch (error) {
    // The head is sent and the client is gone or broke off: there is nobody left to tell.
    reply.raw.destroy(error as Error);
  }
  return reply;
}

async function* answersOf(chunks: AsyncIterable<Buffer>, answer: (line: Line) => Piece): AsyncGenerator<Buffer> {
  const splitter = new LineSplitter(MAX_LINE_BYTES);
  for await (const chunk of chunks) {
    const pieces = splitter.push(chunk).map(answer);
    if (pieces.length > 0) yield Buffer.from(`${(await settled(pieces)).join('\n')}\n`, 'latin1');
  }
  const last = splitter.end().map(answer);
  if (last.length > 0) yield Buffer.from(`${(await settled(last)).join('\n')}\n`, 'latin1');
}

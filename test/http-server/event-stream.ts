// A listener of server-sent events over a plain request, as strict as the tests need: every byte it gets is in `text`.

import { type ClientRequest, type IncomingMessage, request } from 'node:http';

export interface ServerEvent {
  readonly id: string;
  readonly event: string;
  readonly data: Record<string, unknown> | null;
}

export interface EventStream {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  text(): string;
  /** Whole events with data so far, without comments. */
  events(): ServerEvent[];
  /** The last id, of whatever kind of block. */
  lastId(): string;
  /** Resolves when the other side has ended it. */
  readonly ended: Promise<void>;
  pause(): void;
  resume(): void;
  close(): void;
}

export function listen(url: string, headers: Readonly<Record<string, string>>): Promise<EventStream> {
  const { promise, resolve, reject } = Promise.withResolvers<EventStream>();
  const sent: ClientRequest = request(
    url,
    { headers: { accept: 'text/event-stream', ...headers }, agent: false },
    (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      const ended = new Promise<void>((done) => response.once('close', () => done()));
      response.on('error', () => {});
      resolve({
        status: response.statusCode ?? 0,
        headers: response.headers,
        text: () => text,
        events: () => eventsOf(text).filter((event) => event.data !== null),
        lastId: () => eventsOf(text).findLast((event) => event.id !== '')?.id ?? '',
        ended,
        pause: () => response.pause(),
        resume: () => response.resume(),
        close: () => sent.destroy(),
      });
    },
  );
  sent.on('error', reject);
  sent.end();
  return promise;
}

function eventsOf(text: string): ServerEvent[] {
  return text
    .split('\n\n')
    .slice(0, -1)
    .map((block) => {
      const field = (name: string): string =>
        block
          .split('\n')
          .find((line) => line.startsWith(`${name}: `))
          ?.slice(name.length + 2) ?? '';
      const data = field('data');
      return { id: field('id'), event: field('event'), data: data === '' ? null : JSON.parse(data) };
    });
}

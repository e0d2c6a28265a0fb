// Server-sent events (HTML, server-sent events §9.2) on a reply that is taken over: its head, and events one by one with
// patience for who reads slowly, and none for who does not read.

import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { FastifyReply } from 'fastify';

/** How long a listener may leave what was sent to it unread. */
const STALL_TIMEOUT_MS = 30_000;
/** What a listener waits before it connects again, in milliseconds. */
const RETRY = 'retry: 1000\n\n';

/** The last one keeps nginx from gathering events. */
const EVENT_HEADERS = { 'Content-Type': 'text/event-stream; charset=utf-8', 'X-Accel-Buffering': 'no' };

export function beginEvents(reply: FastifyReply): ServerResponse {
  const response = reply.raw;
  reply.hijack();
  reply.request.raw.socket.setTimeout(0); // a sign of life now and then finds out who is gone
  response.writeHead(200, { ...(reply.getHeaders() as OutgoingHttpHeaders), ...EVENT_HEADERS });
  response.write(RETRY);
  return response;
}

export function isListening(response: ServerResponse): boolean {
  return !response.closed && !response.destroyed;
}

/** Waits until the listener has room again. False if it is gone, or read nothing for so long that it counts as gone. */
export async function sendEvent(response: ServerResponse, event: string): Promise<boolean> {
  if (!isListening(response)) return false;
  if (response.write(event)) return true;
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const stalled = setTimeout(() => response.destroy(), STALL_TIMEOUT_MS);
  const onDrain = () => resolve(true);
  const onClose = () => resolve(false);
  response.once('drain', onDrain).once('close', onClose);
  try {
    return await promise;
  } finally {
    clearTimeout(stalled);
    response.off('drain', onDrain).off('close', onClose);
  }
}

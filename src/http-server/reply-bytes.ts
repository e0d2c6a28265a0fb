// The bytes of a reply as they go to a connection that is read without node:http, the same but for the order of headers.

import { STATUS_CODES } from 'node:http';
import type { ApiReply } from './handle-api-reply.ts';

const COLON = ': ';
const LINE_END = '\r\n';

/** Puts a date and the connection's future before replies. What it makes is good for a second. */
export class ReplyBytes {
  readonly #clock: () => number;
  readonly #kept: string;
  #second = -1;
  #date = '';
  /** Of status 200 on a connection that is kept. */
  #usual = '';

  constructor(clock: () => number, keepAliveTimeoutMs: number) {
    this.#clock = clock;
    this.#kept = `Connection: keep-alive\r\nKeep-Alive: timeout=${Math.floor(keepAliveTimeoutMs / 1000)}\r\n`;
  }

  of(reply: ApiReply, isLast: boolean): string {
    const second = Math.floor(this.#clock() / 1000);
    if (second !== this.#second) this.#begin(second);
    const start = reply.status === 200 && !isLast ? this.#usual : this.#start(reply.status, isLast);
    return start + restOf(reply);
  }

  #begin(second: number): void {
    this.#second = second;
    this.#date = `Date: ${new Date(second * 1000).toUTCString()}\r\n`;
    this.#usual = this.#start(200, false);
  }

  #start(status: number, isLast: boolean): string {
    const future = isLast ? 'Connection: close\r\n' : this.#kept;
    return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${this.#date}${future}`;
  }
}

/** All of a reply that stays the same. */
function restOf(reply: ApiReply): string {
  const { kept } = reply;
  if (kept === undefined) return fieldsAndBody(reply);
  kept.rest ??= fieldsAndBody(reply);
  if (!kept.isUsed) {
    kept.isUsed = true;
    return kept.rest;
  }
  // Asking for a character joins the pieces for good; the answer is used, or the question would be optimised away.
  return kept.rest.charCodeAt(0) > 0 ? kept.rest : '';
}

function fieldsAndBody({ headers, body }: ApiReply): string {
  let fields = '';
  // Sums and not templates, which would ask of each piece whether it is a string.
  for (let i = 0; i + 1 < headers.length; i += 2) {
    fields = fields + (headers[i] as string) + COLON + (headers[i + 1] as string) + LINE_END;
  }
  return fields + LINE_END + body;
}

// What is let in: counts what this thread has begun and not finished, and turns the rest away before it costs anything.

import type { RequestListener } from 'node:http';
import { HandleError } from '../domain/error.ts';
import type { Observer } from '../domain/observer.ts';
import { asHandleError, problemOf } from './problems.ts';
import { isServicePath } from './service.ts';

export class InFlight {
  readonly #limit: number;
  readonly #observer: Observer;
  #count = 0;

  constructor(limit: number, observer: Observer) {
    this.#limit = limit;
    this.#observer = observer;
  }

  /** Throws `OVERLOADED` if enough is in flight; else `leave` must follow, once. */
  enter(): void {
    if (this.#count >= this.#limit) {
      this.#observer.refused('in-flight');
      throw new HandleError('OVERLOADED', 'Too much is in flight on this node: try again in a second.');
    }
    this.#count += 1;
  }

  leave(): void {
    this.#count -= 1;
  }
}

/** Lets requests through to `framework` while there is room; those of operators always. */
export function admitting(inFlight: InFlight, framework: RequestListener): RequestListener {
  return (request, response) => {
    if (isServicePath(request.url ?? '')) {
      framework(request, response);
      return;
    }
    try {
      inFlight.enter();
    } catch (error) {
      const body = JSON.stringify(problemOf(asHandleError(error), ''));
      const head = { 'Content-Type': 'application/problem+json', 'Retry-After': '1', Connection: 'close' };
      response.writeHead(503, { ...head, 'Content-Length': Buffer.byteLength(body) }).end(body);
      return;
    }
    response.once('close', () => inFlight.leave());
    framework(request, response);
  };
}

// `GET /v1/imports/{id}/events`: how an import fares, told as it happens until it is over.

import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { HandleError } from '../domain/error.ts';
import { MAX_CHANGE_STREAMS } from '../domain/limits.ts';
import type { ImportService } from '../imports/import-service.ts';
import { isOver } from '../imports/job.ts';
import { actorOf } from './authentication.ts';
import { beginEvents, isListening, sendEvent } from './event-stream.ts';
import { jobJson } from './import-json.ts';

/** How often the job is looked at: as often as it notes how far it is. */
const LOOK_MS = 250;
/** Proxies give up a connection that says nothing for half a minute to a minute. */
const HEARTBEAT_MS = 15_000;

export class ImportEvents {
  readonly #imports: ImportService;
  #open = 0;
  readonly #closing = new AbortController();

  constructor(imports: ImportService) {
    this.#imports = imports;
  }

  /** Takes the reply over. Throws `NOT_FOUND`, `OVERLOADED`. */
  open(request: FastifyRequest, reply: FastifyReply, id: string): FastifyReply {
    this.#imports.read(actorOf(request), id);
    if (this.#open >= MAX_CHANGE_STREAMS || this.#closing.signal.aborted) {
      throw new HandleError('OVERLOADED', 'Too many streams are open: ask for the import itself now and then.', {
        retryAfterSeconds: 5,
      });
    }
    this.#open += 1;
    void this.#run(request, reply, id).finally(() => {
      this.#open -= 1;
    });
    return reply;
  }

  /** Ends every stream: who listens asks again elsewhere, or later. */
  close(): void {
    this.#closing.abort();
  }

  async #run(request: FastifyRequest, reply: FastifyReply, id: string): Promise<void> {
    const response = beginEvents(reply);
    let told = '';
    let toldAt = performance.now();
    try {
      while (isListening(response) && !this.#closing.signal.aborted) {
        const job = this.#imports.read(actorOf(request), id);
        const json = JSON.stringify(jobJson(job));
        const now = performance.now();
        if (json !== told || now - toldAt >= HEARTBEAT_MS) {
          if (!(await sendEvent(response, json === told ? ': still here\n\n' : `event: import\ndata: ${json}\n\n`)))
            break;
          told = json;
          toldAt = now;
        }
        if (isOver(job.state)) break;
        await sleep(LOOK_MS, undefined, { signal: this.#closing.signal });
      }
    } catch {
      // The job was forgotten meanwhile, or the node stops: either ends the stream, and asking for the job says which.
    } finally {
      response.end();
    }
  }
}

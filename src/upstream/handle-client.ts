// Asks the servers of sites one question of the Handle protocol: the server that has the handle at the site that has been
// answering best, its other interface, then the other sites, all within one deadline. It follows nothing.

import { randomInt } from 'node:crypto';
import { type ByteString, bytesFromText } from '../domain/bytes.ts';
import type { Handle } from '../domain/handle.ts';
import { MAX_TRIES } from '../domain/handle-client-limits.ts';
import type { Decoded, ResponseMessage } from '../wire/message.ts';
import { FLAG, RESPONSE } from '../wire/protocol.ts';
import { AllFailed, ExchangeFailed } from './exchange-failed.ts';
import { serverPlaceOf } from './handle-hash.ts';
import { encodeRequest, type HandleRequest, readResponse } from './handle-message.ts';
import type { KnownServer, KnownSite, Transport } from './handle-sites.ts';
import type { HandleTarget, HandleTransport } from './handle-transport.ts';
import { ServerHealth } from './server-health.ts';

/** How all questions of one resolution are asked. */
export interface Manner {
  /** Milliseconds of `performance.now()`. */
  readonly endsAt: number;
  /** Which is tried first; the other is tried as well. */
  readonly transport: Transport;
  /** Whether each response has to be signed with the key of its server. */
  readonly isCertified: boolean;
  /** Whether primary sites are asked, and no cache. */
  readonly isAuthoritative: boolean;
  /** Whether who is asked may ask others. */
  readonly mayRecurse: boolean;
  /** Nodes that the question has passed, this one included. */
  readonly hops: number;
  readonly onStep: (step: Exchange | Turn) => void;
}

export interface HandleQuestion {
  readonly operation: HandleRequest['operation'];
  readonly handle: Handle;
  readonly indexes: readonly number[];
  readonly types: readonly string[];
}

/** One question to one server, as it is shown to who wants to see the way. */
export interface Exchange {
  readonly kind: 'exchange';
  readonly operation: HandleRequest['operation'];
  readonly handle: string;
  readonly site: string;
  readonly server: number;
  readonly transport: Transport;
  readonly host: string;
  readonly port: number;
  /** Null if nothing came back that could be read; then `failure` says why. */
  readonly responseCode: number | null;
  readonly failure: string | null;
  readonly isCertified: boolean;
  /** Of the response. */
  readonly bytes: number;
  readonly durationMs: number;
}

/** Where an answer leads: to the sites of a prefix, by a referral to others, by an alias to another handle. */
export interface Turn {
  readonly kind: 'sites' | 'referral' | 'alias';
  readonly handle: string;
  /** Names of sites, or the handle. */
  readonly to: readonly string[];
}

export interface Told {
  readonly message: Decoded<ResponseMessage>;
  readonly site: KnownSite;
}

interface Candidate {
  readonly site: KnownSite;
  readonly server: KnownServer;
  readonly target: HandleTarget;
}

interface Failure {
  readonly candidate: Candidate;
  readonly error: ExchangeFailed;
}

/** Share of the time left that a try may take when there is somebody else to ask. */
const TRY_SHARE = 0.5;
/** Less than that is no time to ask anyone. */
const MIN_TRY_MS = 20;
/** More than any time to answer costs, and less than a rest. */
const OTHER_TRANSPORT_COST = 100;
const MAX_REQUEST_ID = 0x7fff_ffff;
/** How long a request is good for, as the reference client has it. */
const GOOD_FOR_SECONDS = 12 * 3600;
/** What a server says that is ill or has too much to do; the others may know more. The last five are the national SDK's. */
const ILL: ReadonlySet<number> = new Set([
  RESPONSE.error,
  RESPONSE.tooBusy,
  RESPONSE.maintenance,
  RESPONSE.nationalChannel,
  RESPONSE.nationalTimeout,
  RESPONSE.nationalRequestLimit,
  RESPONSE.nationalRegistrationLimit,
  RESPONSE.nationalPrefixLimit,
]);

export interface HandleClientOptions {
  readonly transport: Pick<HandleTransport, 'exchange'>;
  /** Epoch milliseconds. */
  readonly clock: () => number;
}

export class HandleClient {
  readonly #options: HandleClientOptions;
  readonly #health = new ServerHealth(() => performance.now());

  constructor(options: HandleClientOptions) {
    this.#options = options;
  }

  /** The first answer of a server that is well. Throws `ExchangeFailed` if there is none. */
  async ask(sites: readonly KnownSite[], question: HandleQuestion, manner: Manner): Promise<Told> {
    const candidates = this.#candidates(sites, question, manner).slice(0, MAX_TRIES);
    const failures: Failure[] = [];
    for (const [i, candidate] of candidates.entries()) {
      const leftMs = manner.endsAt - performance.now();
      if (leftMs < MIN_TRY_MS) break;
      if (failures.some((one) => isVain(candidate, one))) continue;
      const timeoutMs = i + 1 < candidates.length ? Math.max(MIN_TRY_MS, leftMs * TRY_SHARE) : leftMs;
      try {
        return await this.#try(candidate, question, manner, timeoutMs);
      } catch (error) {
        if (!(error instanceof ExchangeFailed)) throw error;
        failures.push({ candidate, error });
      }
    }
    throw failureOf(failures);
  }

  /**
   * Of each site the server that has the handle, by its interfaces: preferred ones before others, then by how they have
   * been answering, those that rest last. Whoever is silent over one is likely to be silent over the other.
   */
  #candidates(sites: readonly KnownSite[], { handle }: HandleQuestion, manner: Manner): readonly Candidate[] {
    const primaries = manner.isAuthoritative ? sites.filter(({ isPrimary }) => isPrimary) : [];
    const targets = (primaries.length > 0 ? primaries : sites).flatMap((site) => {
      const server = site.servers[serverPlaceOf(handle, site.hashOption, site.servers.length)] as KnownServer;
      const { host, isConfigured, interfaces } = server;
      return interfaces.map((one): Candidate => ({ site, server, target: { ...one, host, isConfigured } }));
    });
    const rated = targets.map((candidate) => {
      const cost = this.#health.costOf(nameOf(candidate.target));
      return { candidate, cost: cost + (candidate.target.transport === manner.transport ? 0 : OTHER_TRANSPORT_COST) };
    });
    // Sorting is stable: what costs the same stays in the order of the record.
    return rated.toSorted((a, b) => a.cost - b.cost).map(({ candidate }) => candidate);
  }

  async #try(candidate: Candidate, question: HandleQuestion, manner: Manner, timeoutMs: number): Promise<Told> {
    const { site, server, target } = candidate;
    const name = nameOf(target);
    const request = encodeRequest(this.#requestOf(candidate, question, manner));
    const startedAt = performance.now();
    let bytes = 0;
    const step = (responseCode: number | null, failure: string | null): void => {
      const { transport, host, port } = target;
      const { operation, handle } = question;
      const durationMs = performance.now() - startedAt;
      const where = { site: site.name, server: server.id, transport, host, port };
      const isCertified = manner.isCertified && failure === null;
      manner.onStep({
        kind: 'exchange',
        operation,
        handle,
        ...where,
        responseCode,
        failure,
        isCertified,
        bytes,
        durationMs,
      });
    };
    this.#health.asked(name);
    try {
      const told = await this.#options.transport.exchange(target, request, timeoutMs);
      bytes = told.length;
      const message = readResponse(told, request, manner.isCertified ? server.publicKey : null);
      const { responseCode } = message.header;
      if (ILL.has(responseCode)) throw new IllAnswer(responseCode, messageIn(message));
      this.#health.answered(name, performance.now() - startedAt);
      step(responseCode, null);
      return { message, site };
    } catch (error) {
      if (!(error instanceof ExchangeFailed)) throw error;
      this.#health.failed(name);
      step(error instanceof IllAnswer ? error.responseCode : null, error.message);
      throw error;
    }
  }

  #requestOf({ site, target }: Candidate, question: HandleQuestion, manner: Manner): HandleRequest {
    const { isCertified, isAuthoritative, mayRecurse, hops } = manner;
    return {
      operation: question.operation,
      handle: question.operation === 'site-info' ? ('/' as ByteString) : bytesFromText(question.handle),
      indexes: question.indexes,
      types: question.types.map(bytesFromText),
      version: site.version,
      requestId: randomInt(1, MAX_REQUEST_ID),
      siteInfoSerial: site.serialNumber,
      recursionCount: Math.min(hops, 0xff),
      expiresAt: Math.floor(this.#options.clock() / 1000) + GOOD_FOR_SECONDS,
      opFlags:
        FLAG.publicOnly |
        (target.transport === 'TCP' ? FLAG.keepConnection : 0) |
        (mayRecurse ? FLAG.recursive : 0) |
        (isAuthoritative ? FLAG.authoritative : 0) |
        (isCertified ? FLAG.certify | FLAG.requestDigest : 0),
    };
  }
}

/** A server that says itself that it cannot answer now. */
class IllAnswer extends ExchangeFailed {
  readonly responseCode: number;

  constructor(responseCode: number, message: string) {
    super('network', `it answers with code ${responseCode}${message === '' ? '' : `: ${message}`}`);
    this.responseCode = responseCode;
  }
}

/** Whoever has said over TCP that he is ill says the same over UDP. */
function isVain(next: Candidate, { candidate: tried, error }: Failure): boolean {
  return error instanceof IllAnswer && tried.target.transport === 'TCP' && next.server === tried.server;
}

function failureOf(failures: readonly Failure[]): ExchangeFailed {
  const [first] = failures;
  if (first === undefined) return new ExchangeFailed('timeout', 'there is no time left, or nobody to ask');
  const { reason } = failures.find(({ error }) => error.reason !== 'timeout')?.error ?? first.error;
  const said = failures.map(({ candidate: { target }, error: { message } }) => `${nameOf(target)}: ${message}`);
  return new AllFailed(first.error, reason, said.join('; '));
}

const MAX_SHOWN = 200;

/** What a response says in words; not to be trusted with a terminal. */
export function messageIn({ body: { content } }: ResponseMessage): string {
  if (content.kind !== 'failure') return '';
  return Buffer.from(content.message, 'latin1').toString('utf8').slice(0, MAX_SHOWN);
}

function nameOf({ transport, host, port }: HandleTarget): string {
  return `${transport} ${host.includes(':') ? `[${host}]` : host}:${port}`;
}

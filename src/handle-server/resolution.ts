// Resolution over the Handle protocol: the same question to the same resolver as at every other door, and the same choice of
// values.

import type { Answer, Found } from '../domain/answer.ts';
import { type ByteString, EMPTY_BYTES, isUtf8, textFromBytes } from '../domain/bytes.ts';
import { HandleError } from '../domain/error.ts';
import { MAX_RESOLUTION_FILTERS } from '../domain/handle-protocol-limits.ts';
import {
  ALL_VALUES,
  type HandleValue,
  matchesFilter,
  PUBLIC_READ,
  selectValues,
  type ValueFilter,
} from '../domain/handle-value.ts';
import { MAX_HOPS } from '../domain/limits.ts';
import type { Homed } from '../domain/prefix.ts';
import type { HandleAdministration } from '../registry/handle-administration.ts';
import { assertAllowed } from '../registry/handle-authority.ts';
import type { Requester } from '../registry/handle-requester.ts';
import { AskedQuestion, type Asker, type Asking, USUAL } from '../resolver/asker.ts';
import { MessageWriter } from '../wire/message-writer.ts';
import { FLAG, RESPONSE } from '../wire/protocol.ts';
import type { ResolutionRequest } from '../wire/request-body.ts';
import { writeValues } from '../wire/value-list.ts';
import { refusal } from './failures.ts';
import { type Client, type Outcome, succeeded } from './outcome.ts';
import { type Spelling, Spellings } from './spellings.ts';

export interface ResolutionOptions {
  readonly asker: Asker<Client>;
  readonly handleRecords: Pick<HandleAdministration, 'judgeRead'>;
  readonly homed: Homed;
}

export interface ResolutionAsked {
  readonly body: ResolutionRequest;
  readonly opFlags: number;
  readonly client: Client;
  /** Null until somebody has proven to be. */
  readonly requester: Requester | null;
  /** Servers that the question has passed on its way, as they say. */
  readonly hops: number;
  /** Whether it comes in a session, which always shows who asks for more than is public. */
  readonly isInSession: boolean;
}

export interface ToAsk {
  readonly handle: ByteString;
  readonly opFlags: number;
  readonly hops: number;
  readonly door: Client['door'];
  readonly client: Client | null;
}

/** What has to be proven first. */
export type Needed = 'authentication';

/** Bytes of a handle as a text. Throws `INVALID_HANDLE`. */
export function handleText(handle: ByteString): string {
  if (!isUtf8(handle)) throw new HandleError('INVALID_HANDLE', 'Invalid UTF8 encoding');
  return textFromBytes(handle);
}

/** Flags that want more than the usual: to pass by every cache, and to be told of no other node. */
const UNUSUAL = FLAG.authoritative | FLAG.noReferral;

const writer = new MessageWriter();

export class Resolution {
  readonly #options: ResolutionOptions;
  readonly #spellings: Spellings;

  constructor(options: ResolutionOptions) {
    this.#options = options;
    this.#spellings = new Spellings(options.homed);
  }

  /** At once if the answer is at hand. Throws what `Asker.ask` throws. */
  resolve(asked: ResolutionAsked): Outcome | Needed | Promise<Outcome | Needed> {
    const { body, opFlags, client, requester, hops } = asked;
    // The reference server takes no handle at all for a prefix that lives elsewhere.
    if (body.handle === EMPTY_BYTES) throw new HandleError('NOT_RESPONSIBLE', 'This node is home to no empty prefix.');
    const { handle } = body;
    const toAsk = { handle, opFlags, hops, door: client.door, client: requester === null ? client : null };
    const answer = this.ask(toAsk, this.spellingOf(handle));
    return answer instanceof Promise ? answer.then((found) => this.told(asked, found)) : this.told(asked, answer);
  }

  /** What is kept of a handle as it is spelled; null if nothing is. To be looked up right before it is asked for. */
  spellingOf(spelled: ByteString): Spelling | null {
    return this.#spellings.get(spelled);
  }

  /** The answer alone, which `told` or `plainValuesOf` makes something of. `client`: who pays; null for nobody. */
  ask({ handle: spelled, opFlags, hops, door, client }: ToAsk, spelling: Spelling | null): Answer | Promise<Answer> {
    const { asker } = this.#options;
    const asking = (opFlags & UNUSUAL) === 0 && hops === 0 ? USUAL : askingOf(opFlags, hops);
    const handle = spelling === null ? asker.parse(handleText(spelled)) : spelling.handle;
    const question = new AskedQuestion(asker, handle, client, asking);
    const answer = asker.answer(door, question);
    if (spelling === null && question.tier === 'l1') this.#spellings.keep(spelled, handle);
    return answer;
  }

  told(asked: ResolutionAsked, answer: Answer): Outcome | Needed | Promise<Outcome | Needed> {
    switch (answer.kind) {
      case 'found':
        return this.#found(asked, answer);
      case 'referral': {
        const values = selectValues(answer.values, 'public', ALL_VALUES);
        const content = { kind: 'referral', handle: EMPTY_BYTES, values } as const;
        return { ...succeeded(content), code: RESPONSE.prefixReferral };
      }
      default:
        return refusal(RESPONSE.handleNotFound);
    }
  }

  #found(asked: ResolutionAsked, answer: Found): Outcome | Needed | Promise<Outcome> {
    const { body, opFlags, requester, isInSession } = asked;
    const filter = filterOf(body);
    if ((opFlags & FLAG.publicOnly) !== 0) return publicOutcome(answer, body.handle, filter);
    if (requester !== null) return this.#private(answer, { handle: body.handle, filter, requester });
    if (isInSession || hasPrivate(answer.values, filter)) return 'authentication';
    return publicOutcome(answer, body.handle, filter);
  }

  async #private(
    answer: Found,
    asked: { readonly handle: ByteString; readonly filter: ValueFilter; readonly requester: Requester },
  ): Promise<Outcome> {
    const { handle, filter, requester } = asked;
    assertAllowed(await this.#options.handleRecords.judgeRead(requester, answer.handle, answer.record));
    const values = selectValues(answer.values, 'admin', filter);
    if (values.length === 0) return refusal(RESPONSE.valuesNotFound);
    const isPrivate = values.some((value) => (value.permissions & PUBLIC_READ) === 0);
    return { ...succeeded({ kind: 'values', handle, values }), isPrivate };
  }
}

function askingOf(opFlags: number, hops: number): Asking {
  const delegated = (opFlags & FLAG.noReferral) !== 0 ? 'absent' : hops >= MAX_HOPS ? 'refer' : null;
  // Handed on, they count as those of `Via` do.
  const via = Array.from({ length: Math.min(hops, MAX_HOPS) }, () => '2.11 handle').join(', ');
  return { bypassCache: (opFlags & FLAG.authoritative) !== 0, delegated, via };
}

function filterOf({ indexes, types }: ResolutionRequest): ValueFilter {
  if (indexes.length === 0 && types.length === 0) return ALL_VALUES;
  if (indexes.length + types.length > MAX_RESOLUTION_FILTERS) {
    throw new HandleError(
      'INVALID_REQUEST',
      `Ask for at most ${MAX_RESOLUTION_FILTERS} indexes and types, or for all.`,
    );
  }
  return { indexes, types: types.map((type) => type.toUpperCase()) };
}

/** Of every permission, so that a value which nobody may read is not told apart from one that somebody may. */
function hasPrivate(values: readonly HandleValue[], filter: ValueFilter): boolean {
  return values.some((value) => (value.permissions & PUBLIC_READ) === 0 && matchesFilter(value, filter));
}

function publicOutcome(answer: Found, handle: ByteString, filter: ValueFilter): Outcome {
  if (filter === ALL_VALUES) {
    const values = publicValuesOf(answer);
    return values === NO_VALUES
      ? refusal(RESPONSE.valuesNotFound)
      : succeeded({ kind: 'written-values', handle, written: values });
  }
  const values = selectValues(answer.values, 'public', filter);
  return values.length === 0 ? refusal(RESPONSE.valuesNotFound) : succeeded({ kind: 'values', handle, values });
}

const NO_VALUES = '\0\0\0\0';

function publicValuesOf(answer: Found): ByteString {
  answer.renderings.wire ??= written(selectValues(answer.values, 'public', ALL_VALUES));
  return answer.renderings.wire;
}

/** All values that are found for who asks for all and is nobody in particular; null if that is not what is to be told. */
export function plainValuesOf(answer: Answer, opFlags: number): ByteString | null {
  if (answer.kind !== 'found') return null;
  if ((opFlags & FLAG.publicOnly) === 0 && hasPrivate(answer.values, ALL_VALUES)) return null;
  const values = publicValuesOf(answer);
  return values === NO_VALUES ? null : values;
}

function written(values: readonly HandleValue[]): ByteString {
  writeValues(writer, values);
  return writer.take();
}

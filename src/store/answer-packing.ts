// Results of commits as bytes on their way back from the committing thread. Pure.

import type { ByteString } from '../domain/bytes.ts';
import type { ChangeOutcome } from '../domain/change.ts';
import type { HandleError } from '../domain/error.ts';
import { errorOf, partsOf } from '../domain/error-parts.ts';
import { MAX_CHANGES_PER_COMMIT } from '../domain/limits.ts';
import { damaged, PackedReader, PackedWriter } from './packed-bytes.ts';
import { EPOCH_MS } from './record-codec.ts';
import type { CommitResult } from './registry-store.ts';

// How an answer begins.
const DONE = 0;
const REPEATED = 1;
const FAILED = 2;

// How an outcome begins.
const OK = 0;
const REFUSED = 1;

/** What became of one request: a result, or the error its caller is to get. */
export interface NumberedAnswer {
  readonly id: number;
  readonly result: CommitResult | null;
  readonly error: HandleError | null;
}

/** Answers of one message. */
export class AnswerPacker {
  readonly #out = new PackedWriter();

  get isEmpty(): boolean {
    return this.#out.length === 0;
  }

  addResult(id: number, { outcomes, repeated }: CommitResult): void {
    const out = this.#out;
    out.varint(id);
    if (repeated !== null) {
      out.byte(REPEATED);
      out.text(JSON.stringify(repeated));
      return;
    }
    out.byte(DONE);
    const runs = runsOf(outcomes);
    out.varint(runs.length);
    for (const [outcome, count] of runs) {
      out.byte(outcome.ok ? OK : REFUSED);
      out.varint(count);
      if (outcome.ok) {
        out.varint(outcome.revision);
        out.signed(outcome.at - EPOCH_MS);
      } else out.text(JSON.stringify(outcome));
    }
  }

  addError(id: number, error: unknown): void {
    this.#out.varint(id);
    this.#out.byte(FAILED);
    this.#out.text(JSON.stringify(partsOf(error)));
  }

  /** The message; the packer is empty afterwards. */
  take(): ByteString {
    const message = this.#out.toBytes();
    this.#out.clear();
    return message;
  }
}

/** Throws `STORE_FORMAT` for anything that `AnswerPacker` did not make. */
export function unpackAnswers(message: ByteString): readonly NumberedAnswer[] {
  const from = new PackedReader(message);
  const answers: NumberedAnswer[] = [];
  while (from.remaining > 0) answers.push(unpackAnswer(from));
  return answers;
}

function unpackAnswer(from: PackedReader): NumberedAnswer {
  const id = from.varint();
  const kind = from.byte();
  if (kind === FAILED) return { id, result: null, error: errorOf(JSON.parse(from.text())) };
  if (kind === REPEATED) return { id, result: { outcomes: [], repeated: JSON.parse(from.text()) }, error: null };
  const outcomes: ChangeOutcome[] = [];
  for (let runs = from.count(); runs > 0; runs--) {
    const isOk = from.byte() === OK;
    const count = from.varint();
    const outcome = isOk ? unpackSuccess(from) : (JSON.parse(from.text()) as ChangeOutcome);
    if (outcomes.length + count > MAX_CHANGES_PER_COMMIT) throw damaged('an answer has more outcomes than a commit');
    for (let i = 0; i < count; i++) outcomes.push(outcome);
  }
  return { id, result: { outcomes, repeated: null }, error: null };
}

function unpackSuccess(from: PackedReader): ChangeOutcome {
  const revision = from.varint();
  return { ok: true, revision, at: from.signed() + EPOCH_MS };
}

/** Outcomes that are one and the same are told once, with how many there are. */
function runsOf(outcomes: readonly ChangeOutcome[]): readonly (readonly [ChangeOutcome, number])[] {
  const runs: [ChangeOutcome, number][] = [];
  let last: [ChangeOutcome, number] | undefined;
  for (const outcome of outcomes) {
    if (last?.[0] === outcome) last[1] += 1;
    else {
      last = [outcome, 1];
      runs.push(last);
    }
  }
  return runs;
}

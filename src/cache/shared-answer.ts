// Answers of others ⇄ the text that nodes share in Redis: their values as they are shown to everybody, with what follows
// from them, so that they are handed on unread. Takes what it does not know for nothing. Pure.

import { type ByteString, bytesFromText, textFromBytes } from '../domain/bytes.ts';
import { HandleError } from '../domain/error.ts';
import { type AnswerDigest, type ForeignAnswer, type ForeignFound, siteKeyOf } from '../domain/foreign-answer.ts';
import type { Handle } from '../domain/handle.ts';
import { ALL_VALUES, type HandleValue, selectValues } from '../domain/handle-value.ts';
import { ttlSecondsOf } from '../domain/inheritance.ts';
import { DEFAULT_TTL_SECONDS } from '../domain/limits.ts';
import { recallsIn } from '../domain/recall.ts';
import { readValues } from '../wire/foreign-answer-json.ts';
import { formatValues } from '../wire/value-json.ts';
import { rowOf, valuesIn } from './answer-codec.ts';
import { hashOf } from './hash.ts';
import type { TierKey } from './second-tier.ts';

/** Another shape, or other JSON of values, gets another number, so that two versions of the node can share a cache. */
const VERSION = '2';

/** First line: version, site, kind, learned at; of found ones the length of the second line, and of shown ones the digest. */
const [SHOWN, ROWS, ABSENT] = ['shown', 'rows', 'absent'];

export function encodeShared({ site }: Pick<TierKey, 'site'>, answer: ForeignAnswer): ByteString {
  const head = `${VERSION} ${siteName(site)}`;
  if (answer.kind === 'not-found') return `${head} ${ABSENT} ${answer.learnedAt}\n` as ByteString;
  const { values, learnedAt } = answer;
  const rows = JSON.stringify(values.map(rowOf));
  const digest = digestOf(values, learnedAt);
  const { ttlSeconds, revision, isRecalled, publicJson } = digest;
  if (JSON.stringify(read(publicJson)?.map(rowOf)) === rows) {
    const facts = `${publicJson.length} ${ttlSeconds} ${revision} ${isRecalled ? 1 : 0}`;
    return `${head} ${SHOWN} ${learnedAt} ${facts}\n${publicJson}` as ByteString;
  }
  // What is shown does not say all: values that not everybody may see, or bytes that JSON tells otherwise.
  const bytes = bytesFromText(rows);
  return `${head} ${ROWS} ${learnedAt} ${bytes.length}\n${bytes}` as ByteString;
}

/** Null for what is no answer of this version. `site`: null for any. */
export function decodeShared(text: ByteString, key: Pick<TierKey, 'site'> | null): ForeignAnswer | null {
  const end = text.indexOf('\n');
  if (end < 0) return null;
  const [version, site, kind, at, length, ttl, revision, recalled] = text.slice(0, end).split(' ');
  if (version !== VERSION || (key !== null && site !== siteName(key.site))) return null;
  const learnedAt = Number(at);
  if (!Number.isFinite(learnedAt)) return null;
  if (kind === ABSENT) return { kind: 'not-found', learnedAt };
  const rest = text.slice(end + 1) as ByteString;
  if (rest.length !== Number(length)) return null; // cut off
  if (kind === ROWS) return foundIn(rest, learnedAt);
  const [ttlSeconds, number] = [Number(ttl), Number(revision)];
  if (!rest.startsWith('[') || !rest.endsWith(']')) return null;
  if (kind !== SHOWN || !Number.isInteger(ttlSeconds) || !Number.isInteger(number)) return null;
  return new Unread(learnedAt, { ttlSeconds, revision: number, isRecalled: recalled === '1', publicJson: rest });
}

class Unread implements ForeignFound {
  readonly kind = 'found';
  readonly learnedAt: number;
  readonly digest: AnswerDigest;
  #values: readonly HandleValue[] | null = null;

  constructor(learnedAt: number, digest: AnswerDigest) {
    this.learnedAt = learnedAt;
    this.digest = digest;
  }

  /** Throws `UPSTREAM_UNAVAILABLE` if somebody has written there what is no value. */
  get values(): readonly HandleValue[] {
    this.#values ??= read(this.digest.publicJson);
    if (this.#values !== null) return this.#values;
    throw new HandleError('UPSTREAM_UNAVAILABLE', 'What is shared of this identifier cannot be read: purge it.');
  }
}

function read(publicJson: ByteString): readonly HandleValue[] | null {
  try {
    return readValues(JSON.parse(textFromBytes(publicJson)));
  } catch {
    return null; // no JSON of values
  }
}

function foundIn(rows: ByteString, learnedAt: number): ForeignAnswer | null {
  try {
    const values = valuesIn(JSON.parse(textFromBytes(rows)));
    return values === null ? null : { kind: 'found', values, learnedAt };
  } catch {
    return null; // somebody else's
  }
}

/** What follows from values learned at that instant. */
function digestOf(values: readonly HandleValue[], learnedAt: number): AnswerDigest {
  return {
    ttlSeconds: ttlSecondsOf(values, learnedAt, DEFAULT_TTL_SECONDS),
    revision: revisionOf(values),
    isRecalled: recallsIn('' as Handle, values).length > 0,
    publicJson: formatValues(selectValues(values, 'public', ALL_VALUES)),
  };
}

/** Others tell no revision: a number out of the content, so that the same content has the same entity tag. */
export function revisionOf(values: readonly HandleValue[]): number {
  let revision = hashOf('');
  for (const { index, type, data, ttl } of values) revision = hashOf(`${index} ${type} ${data} ${ttl}`, revision);
  return revision >>> 0;
}

function siteName(site: TierKey['site']): string {
  return site === null ? '-' : String(hashOf(siteKeyOf(site)) >>> 0);
}

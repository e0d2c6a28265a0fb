// The first-level cache of answers in this thread: what is kept, for how long, and when a kept answer still holds.
// It never asks anyone; all policy of keeping answers stands here and in freshness.ts.

import { type Answer, type Learned, noRenderings } from '../domain/answer.ts';
import type { Handle } from '../domain/handle.ts';
import type { CacheName, Observer } from '../domain/observer.ts';
import { bytesOfAnswer } from './answer-size.ts';
import { Doorkeeper } from './doorkeeper.ts';
import type { EpochTable } from './epoch-table.ts';
import { UnreadFound } from './foreign-found.ts';
import { type Freshness, freshnessOf, judge, judgeLearned, type Verdict } from './freshness.ts';
import { hashOf, hashOfLatest } from './hash.ts';
import { createMemoryCache, type MemoryCache } from './memory-cache.ts';
import { Presence } from './presence.ts';

export interface AnswerCacheOptions {
  readonly epochs: EpochTable;
  readonly observer: Observer;
  /** Bytes for answers that say something. */
  readonly l1Bytes: number;
  /** Bytes for "not found", apart, so that guessing pushes nothing out. */
  readonly negativeBytes: number;
  /** No answer is kept longer: how late a change made on another machine may show while nobody tells us of it. */
  readonly maxAgeSeconds: number;
}

interface Entry extends Freshness {
  /** Of a stale one: what is told meanwhile, which others may keep for a moment only. */
  answer: Answer;
  /** Until then a stale one answers without asking again; 0 if it is to be asked for. */
  retryAt: number;
  /** Whether somebody asked in the last tenth of its lifetime: the next one has it renewed. */
  wanted: boolean;
  /** The newest epoch under which the answer was seen to hold: while no other has begun, nothing need be looked up. */
  checkedEpoch: number;
}

/** About an answer of eight values: so many bytes of cache make one place at the door. */
const TYPICAL_ENTRY_BYTES = 2048;

/** How long a stale answer stands in before it is asked for again. */
const RETRY_MS = 30_000;
/** How long others may keep a stale answer (RFC 8767 §4). */
const STALE_TTL_SECONDS = 30;

/** Answers enter on their second touch: most handles are asked for once, and would only push others out. */
export class AnswerCache {
  readonly #epochs: EpochTable;
  readonly #observer: Observer;
  readonly #maxAgeSeconds: number;
  readonly #l1: MemoryCache<Entry>;
  readonly #negative: MemoryCache<Entry>;
  readonly #doorkeeper: Doorkeeper;
  /** Of both caches: what is asked for the first time, as most is, is searched for in neither. */
  readonly #presence = new Presence();

  constructor(options: AnswerCacheOptions) {
    this.#epochs = options.epochs;
    this.#observer = options.observer;
    this.#maxAgeSeconds = options.maxAgeSeconds;
    const onGone = (handle: string): void => this.#presence.remove(hashOf(handle));
    this.#l1 = createMemoryCache(options.l1Bytes, onGone);
    this.#negative = createMemoryCache(options.negativeBytes, onGone);
    const places = (options.l1Bytes + options.negativeBytes) / TYPICAL_ENTRY_BYTES;
    this.#doorkeeper = new Doorkeeper(places, options.maxAgeSeconds * 1000);
  }

  /** The answer if it is fresh and nothing it depends on has changed, else undefined. */
  get(handle: Handle, now: number): Answer | undefined {
    if (!this.#presence.mayHold(hashOfLatest(handle))) {
      this.#observer.cacheEvent('l1', 'miss', 1);
      return undefined;
    }
    const kept = this.#l1.get(handle);
    if (kept !== undefined) return this.#judged('l1', kept, now);
    const absent = this.#negative.get(handle);
    if (absent !== undefined) return this.#judged('negative', absent, now);
    this.#observer.cacheEvent('l1', 'miss', 1);
    return undefined;
  }

  /**
   * Keeps an answer that was asked for at `askedAt`, if it may be kept and was asked for before; one that was dear to
   * learn at once.
   */
  set(answer: Answer, askedAt: number, wasDear = false): void {
    const { handle, ttlSeconds, learned } = answer;
    if (Math.min(ttlSeconds, this.#maxAgeSeconds) <= 0) return;
    const hash = hashOfLatest(handle);
    if (!wasDear && !this.#doorkeeper.knock(hash, askedAt)) return;
    const { freshUntil, staleUntil, deletedAt } =
      learned === null ? freshnessOf(ttlSeconds, this.#maxAgeSeconds, askedAt, spreadOf(hash)) : keptAs(learned);
    // What is learned stale was not to be had fresh.
    const retryAt = learned !== null && askedAt >= freshUntil ? askedAt + RETRY_MS : 0;
    const entry: Entry = {
      answer,
      freshUntil,
      staleUntil,
      deletedAt,
      checkedEpoch: answer.validity.epoch,
      retryAt,
      wanted: false,
    };
    const name = cacheOf(answer);
    const cache = name === 'l1' ? this.#l1 : this.#negative;
    // What is gone over there must not go on standing in here.
    if (learned !== null && name === 'negative') this.#l1.delete(handle);
    this.#presence.add(hash);
    const evicted = cache.set(handle, entry, bytesOfAnswer(answer));
    if (evicted > 0) this.#observer.cacheEvent(name, 'evicted', evicted);
    this.#observer.cacheSize(name, cache.bytes, cache.entries);
  }

  /** As `set`, of an answer that was asked for before anybody had to wait. */
  renew(answer: Answer, askedAt: number): void {
    this.#observer.cacheEvent('l1', 'refreshed', 1);
    this.set(answer, askedAt, true);
  }

  /** A stale answer that may stand in for one that is late or cannot be had; undefined if there is none. */
  standIn(handle: Handle, now: number): Answer | undefined {
    const entry = this.#l1.get(handle);
    if (entry === undefined || verdictOn(entry, now) !== 'stale' || !this.#holds(entry)) return undefined;
    entry.retryAt = now + RETRY_MS;
    return briefly(entry);
  }

  /** For who looks into the cache: counts nothing. What was purged or changed since is as good as gone. */
  peek(handle: Handle): Answer | undefined {
    const entry = this.#l1.get(handle) ?? this.#negative.get(handle);
    return entry !== undefined && this.#holds(entry) ? entry.answer : undefined;
  }

  /** What `standIn` gave was told. */
  stoodIn(): void {
    this.#observer.cacheEvent('l1', 'stood-in', 1);
  }

  /** Whether an answer in the last tenth of its lifetime is in use, so that it is worth renewing; true once for each. */
  wantsRefresh(handle: Handle): boolean {
    const entry = this.#l1.get(handle);
    if (entry === undefined || entry.retryAt > 0) return false;
    if (entry.wanted) entry.retryAt = 1;
    const wasWanted = entry.wanted;
    entry.wanted = true;
    return wasWanted;
  }

  #judged(name: CacheName, entry: Entry, now: number): Answer | undefined {
    const verdict = verdictOn(entry, now);
    if (verdict === 'fresh' && this.#holds(entry)) {
      this.#observer.cacheEvent(name, 'hit', 1);
      return entry.answer;
    }
    if (verdict === 'stale' && this.#holds(entry)) {
      if (now >= entry.retryAt) return undefined;
      this.#observer.cacheEvent(name, 'stood-in', 1);
      return briefly(entry);
    }
    const { handle } = entry.answer;
    (name === 'l1' ? this.#l1 : this.#negative).delete(handle);
    // Leaves its mark at the door: what was in use comes back with the next answer, not with the one after.
    if (verdict !== 'deleted') this.#doorkeeper.knock(hashOf(handle), now);
    this.#observer.cacheEvent(name, 'stale', 1);
    return undefined;
  }

  #holds(entry: Entry): boolean {
    const epoch = this.#epochs.current(); // before the slots: what rises meanwhile is looked up next time
    if (epoch === entry.checkedEpoch) return true;
    if (!this.#epochs.holds(entry.answer.validity)) return false;
    entry.checkedEpoch = epoch;
    return true;
  }
}

function verdictOn(entry: Entry, now: number): Verdict {
  const { learned } = entry.answer;
  return learned === null ? judge(entry, now) : judgeLearned(learned, now);
}

/** The entry's answer as a stale one: made once, since one that stands in is asked for often. */
function briefly(entry: Entry): Answer {
  const { answer } = entry;
  if (answer.ttlSeconds > STALE_TTL_SECONDS) {
    const read = answer instanceof UnreadFound ? answer.read() : answer;
    entry.answer = { ...read, ttlSeconds: STALE_TTL_SECONDS, renderings: noRenderings() };
  }
  return entry.answer;
}

function keptAs({ freshUntil, staleUntil }: Learned): Freshness {
  return { freshUntil, staleUntil, deletedAt: staleUntil };
}

function cacheOf(answer: Answer): 'l1' | 'negative' {
  return answer.kind === 'not-found' ? 'negative' : 'l1';
}

/** 0 … 1, by bits that choose no place at the door. */
function spreadOf(hash: number): number {
  return (hash >>> 16) / 0xffff;
}

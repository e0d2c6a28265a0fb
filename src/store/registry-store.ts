// The contract of a store: the source of truth. Every implementation passes test/store/contract.ts.

import type { ByteString } from '../domain/bytes.ts';
import type { Change, ChangeHead, ChangeOutcome, ChangeRow } from '../domain/change.ts';
import type { Enterprise } from '../domain/enterprise.ts';
import type { Handle } from '../domain/handle.ts';
import type { HandleRecord, RecordStatus } from '../domain/handle-record.ts';
import type { Lot, LotId } from '../domain/lot.ts';
import type { Home, Prefix } from '../domain/prefix.ts';
import type { AccessKey, Principal } from '../domain/principal.ts';
import type { RegistrationDay, ResolutionTally, StatisticsRow } from '../domain/statistics.ts';
import type { Template } from '../domain/template.ts';
import type { CreationSheet } from './creation-sheet.ts';

/** What is at hand comes back at once; a store on another machine answers with a promise. */
export type Awaitable<T> = T | Promise<T>;

/**
 * Reads of records. Each sees every commit that was acknowledged before it began (see `StoreOptions.visibleEpoch`).
 * Absence is null, never an error; a failure to read throws `STORE_UNAVAILABLE`. Any number may call at once.
 */
export interface RecordReader {
  /** The live record (reserved, active or revoked); null if it never was or is deleted. */
  get(handle: Handle): Awaitable<HandleRecord | null>;
  /** In the order asked, null where absent. */
  getMany(handles: readonly Handle[]): Awaitable<readonly (HandleRecord | null)[]>;
  /** Live records of exactly this prefix in byte order of their suffix, after `after` (exclusive; null: from the start). */
  list(prefix: Prefix, after: Handle | null, limit: number): Awaitable<readonly HandleRecord[]>;
  /**
   * Handles of live records of exactly this prefix in byte order of their suffix, after `after`, without the first
   * `skip`. It looks at each one it passes, so `skip` costs time: about a microsecond a row.
   */
  handles(prefix: Prefix, page: HandlePage): Awaitable<readonly Handle[]>;
  /** Live records whose parent is `parent`, in byte order of their suffix, after `after`. */
  children(parent: Handle, after: Handle | null, limit: number): Awaitable<readonly Handle[]>;
  /** Earlier states of a handle, newest first, below `beforeRevision`; deletions show as null records. */
  history(handle: Handle, beforeRevision: number, limit: number): Awaitable<readonly HistoryEntry[]>;
}

export interface HandlePage {
  /** Exclusive; null: from the start. */
  readonly after: Handle | null;
  readonly skip: number;
  readonly limit: number;
}

export interface HistoryEntry {
  readonly revision: number;
  /** When this state was replaced, and the log row that did it. */
  readonly replacedAt: number;
  readonly sequence: number;
  /** The replaced state; null if the handle was absent through a deletion. */
  readonly record: HandleRecord | null;
}

export interface ValueQuestion {
  readonly prefix: Prefix;
  /** Exactly as the values have it. */
  readonly type: ByteString;
  /** Folded (search-terms.ts). */
  readonly value: ByteString;
  readonly match: 'exact' | 'prefix';
  /** The last hit of the page before. */
  readonly after: ValueHit | null;
  readonly limit: number;
}

export interface ValueHit {
  readonly handle: Handle;
  /** As the index has it. */
  readonly value: ByteString;
}

/** `recalled`: by itself, whatever its status. */
export type SearchedState = RecordStatus | 'recalled';

export interface StateQuestion {
  readonly prefix: Prefix;
  readonly state: SearchedState;
  readonly after: Handle | null;
  readonly limit: number;
  /** Records looked at, at most. */
  readonly rows: number;
}

export interface StatePage {
  readonly handles: readonly Handle[];
  /** Where to go on; null at the end. A page may be short, even empty, and not the last. */
  readonly next: Handle | null;
}

/** Reads for those who look for a record. Same visibility as records. */
export interface SearchReader {
  /**
   * Live records of exactly this prefix with a value of this type that is marked searchable and has this text, or
   * begins with it, in order of the text and then of the suffix. Texts count up to MAX_TERM_BYTES: candidates.
   */
  findByValue(question: ValueQuestion): Awaitable<readonly ValueHit[]>;
  /** Live records of exactly this prefix in this state, in byte order of their suffix. It looks at each one it passes. */
  findByState(question: StateQuestion): Awaitable<StatePage>;
}

/** Reads of everything, in an order that does not depend on when things were registered. Same visibility as records. */
export interface RegistryScanner {
  /** Prefixes under which anything was ever registered, in byte order: there are as many as enterprises. */
  prefixes(): Awaitable<readonly Prefix[]>;
  /** Where a handle stands, deleted or not; null if nothing was ever registered under it. */
  state(handle: Handle): Awaitable<RecordState | null>;
  /** As `list`, with the deleted ones. */
  states(prefix: Prefix, after: Handle | null, limit: number): Awaitable<readonly RecordState[]>;
}

export interface RecordState {
  readonly handle: Handle;
  readonly revision: number;
  readonly updatedAt: number;
  /** Null if it is deleted. */
  readonly record: HandleRecord | null;
}

/** Reads of who is who. Same visibility as records. */
export interface DirectoryReader {
  enterprise(prefix: Prefix): Awaitable<Enterprise | null>;
  /** In order of prefix text. */
  enterprises(after: Prefix | null, limit: number): Awaitable<readonly Enterprise[]>;
  principal(id: string): Awaitable<Principal | null>;
  principals(after: string | null, limit: number): Awaitable<readonly Principal[]>;
  key(id: string): Awaitable<AccessKey | null>;
  keyByHash(tokenHash: string): Awaitable<AccessKey | null>;
  keys(after: string | null, limit: number): Awaitable<readonly AccessKey[]>;
}

/** Reads of what the node is or was home to. Same visibility as records. */
export interface HomeReader {
  /** All of them, those that are homed no more included, in order of prefix text: they are few. */
  homes(): Awaitable<readonly Home[]>;
}

/** Reads of templates. Same visibility as records. */
export interface TemplateReader {
  /** The newest version. */
  template(handle: Handle): Awaitable<Template | null>;
  /** Newest versions in byte order of their handles, after `after`; of exactly this prefix, or of all (null). */
  templates(prefix: Prefix | null, after: Handle | null, limit: number): Awaitable<readonly Template[]>;
  /** Versions above revision `after`, oldest first, the newest included. */
  templateVersions(handle: Handle, after: number, limit: number): Awaitable<readonly Template[]>;
}

/** Reads of lots. Same visibility as records. */
export interface LotReader {
  lot(id: LotId): Awaitable<Lot | null>;
  /**
   * The lot in whose room a handle lies, whether or not it is one of its codes: its shape and check tag are not looked
   * at. One search and one read, however many lots there are.
   */
  findLot(handle: Handle): Awaitable<Lot | null>;
  /** In byte order of their ids, which is that of their making, after `after`; of exactly this prefix, or of all (null). */
  lots(prefix: Prefix | null, after: LotId | null, limit: number): Awaitable<readonly Lot[]>;
  /** States above revision `after`, oldest first, the newest included. */
  lotVersions(id: LotId, after: number, limit: number): Awaitable<readonly Lot[]>;
}

/** Reads of what happened. Rows stand in the order of their commits; their instants never fall from one to the next. */
export interface JournalReader {
  /** Log rows after `after` (a sequence; 0: from the first), oldest first, gap-free; only those that touch `prefix` if given. */
  changes(after: number, limit: number, prefix?: Prefix): Awaitable<readonly ChangeRow[]>;
  /** As `changes`, only rows that touch one of these prefixes or anything below them; costs as much as these have. */
  changesWithin(scopes: readonly Prefix[], after: number, limit: number): Awaitable<readonly ChangeRow[]>;
  /** What a row says of all its entries, without reading them; null if there is no such row. */
  changeHead(sequence: number): Awaitable<ChangeHead | null>;
  /** Registrations of one prefix: live records now, and by day (China Standard Time, `yyyy-MM-dd`). */
  counts(prefix: Prefix): Awaitable<RegistrationCounts>;
  /** What an idempotent request did; null if unknown or expired at `nowMs`. */
  idempotencyResult(key: string, nowMs: number): Awaitable<IdempotencyResult | null>;
}

export interface RegistrationCounts {
  /** Identifiers that live: records and codes of lots, revoked ones included; a code that became a record counts once. */
  readonly live: number;
  readonly days: readonly RegistrationDay[];
}

export interface StatisticsQuery {
  /** Exactly this prefix; null for all, those of which nothing is known last and together. */
  readonly prefix: Prefix | null;
  /** China days, `yyyy-MM-dd`, both inclusive. */
  readonly fromDay: string;
  readonly toDay: string;
  /** The `next` of the page before. */
  readonly after: StatisticsCursor | null;
  readonly limit: number;
}

export interface StatisticsCursor {
  readonly prefix: Prefix | null;
  readonly day: string;
}

export interface StatisticsPage {
  readonly rows: readonly StatisticsRow[];
  /** Null at the end. A page may be short, even empty, and not the last: it looks at MAX_STATISTICS_PREFIXES at most. */
  readonly next: StatisticsCursor | null;
}

/** Reads of what was counted. Registrations are as exact as the log; resolutions are those that were added so far. */
export interface StatisticsReader {
  /** A row for each prefix and day with anything to tell, by prefix text, then day. */
  statistics(query: StatisticsQuery): Awaitable<StatisticsPage>;
}

/** In the thread that writes. */
export interface TallyKeeper {
  /** Adds to what was counted, all or nothing, on disk on return. Throws as `commit`. */
  addResolutions(tallies: readonly ResolutionTally[]): Awaitable<void>;
}

export interface IdempotencyResult {
  /** SHA-256 of the request's body, hex: another body under the same key is a mistake. */
  readonly bodyHash: string;
  /** The caller's own note on what it asked for, opaque to the store. */
  readonly note: string;
  readonly outcomes: readonly ChangeOutcome[];
  readonly at: number;
}

export interface Idempotency {
  /** Identifies (principal, method, path, client's key): SHA-256, hex. */
  readonly key: string;
  readonly bodyHash: string;
  readonly note: string;
}

export interface CommitRequest {
  readonly principalId: string;
  readonly requestId: string;
  /** At most MAX_CHANGES_PER_COMMIT; applied in order, a later one sees the earlier ones. */
  readonly changes: readonly Change[];
  /**
   * Stored with the outcomes in the same transaction, for IDEMPOTENCY_TTL_MS and at most MAX_IDEMPOTENCY_RESULTS a
   * principal. If the key is already there nothing is applied and the stored result comes back as `repeated`. If any
   * change meets a REVISION_CONFLICT nothing is applied or stored: read again and repeat under the same key.
   */
  readonly idempotency: Idempotency | null;
  /** The same changes as they came from another thread, for a store that can take them so. */
  readonly sheet?: CreationSheet;
}

export interface CommitResult {
  /** One for each change, in order. */
  readonly outcomes: readonly ChangeOutcome[];
  /** The stored result of an earlier request with the same idempotency key; then `outcomes` is empty. */
  readonly repeated: IdempotencyResult | null;
}

/**
 * Writes. `commit` returns when every applied change is on disk: it then survives kill -9 and power loss, and every
 * reader that starts afterwards sees it. Each change is applied whole or refused whole; with it go its log entry,
 * history, children index and counts. Concurrent callers share one sync. Throws `STORE_READ_ONLY` (disk full, not
 * writable: nothing was applied, reads go on) or `STORE_UNAVAILABLE` (nothing is known to be applied).
 *
 * Checked inside the transaction: the expected revision (`REVISION_CONFLICT`); that a parent lives, has the same prefix,
 * is no descendant, is no code of a lot, and keeps every chain within MAX_INHERITANCE_DEPTH (`INVALID_PARENT`); that
 * what is created within the room of a lot is one of its codes (`INVALID_LOT_CODE`, or `LOT_KEY_MISSING` if that cannot
 * be told); that the room of a lot holds no other lot, no parent, and at most MAX_ROWS_JOINED records (`LOT_OVERLAP`).
 */
export interface Committer {
  commit(request: CommitRequest): Promise<CommitResult>;
}

export interface StoreStats {
  /** Bytes on disk (0 in memory). */
  readonly sizeBytes: number;
  /** Live records. */
  readonly records: number;
  /** Identifiers that live: `live` of all prefixes. */
  readonly issued: number;
  /** The newest log row's sequence. */
  readonly sequence: number;
  /** Null if writes are possible, else why not. */
  readonly readOnlyReason: string | null;
}

export interface RegistryStore
  extends RegistryScanner,
    RecordReader,
    DirectoryReader,
    HomeReader,
    TemplateReader,
    LotReader,
    JournalReader,
    StatisticsReader,
    SearchReader,
    Committer {
  stats(): StoreStats;
  /** Finishes what was begun, then closes. A second call does nothing. */
  close(): Promise<void>;
}

// One line of an export: a record with its states, a homed prefix, an enterprise, a principal or a key, so that the same
// content always gives the same bytes, and reading it back gives the same content. What may be taken in is judged elsewhere.

import { textFromBytes } from '../domain/bytes.ts';
import type { Enterprise } from '../domain/enterprise.ts';
import type { HandleRecord, RecordDraft } from '../domain/handle-record.ts';
import { DEFAULT_PERMISSIONS, type HandleValue } from '../domain/handle-value.ts';
import { MAX_PRESERVED_STATES } from '../domain/limits.ts';
import type { Home } from '../domain/prefix.ts';
import type { AccessKey, Principal } from '../domain/principal.ts';
import type { Recall } from '../domain/recall.ts';
import { formatInstant, parseInstant } from '../wire/instant-text.ts';
import {
  inputError,
  type JsonObject,
  readArray,
  readChoice,
  readInteger,
  readObject,
  readString,
} from '../wire/json-input.ts';
import { parseValues } from '../wire/value-json.ts';

/** A state as a line has it; `handle` is the record's. */
export interface StateLine {
  readonly revision: number;
  readonly updatedAt: number;
  /** Null if it is deleted. */
  readonly record: HandleRecord | null;
}

/** A record's line: where it stands, and earlier states, oldest first, or null for a line without them. */
export function formatRecordLine(handle: string, state: StateLine, history: readonly StateLine[] | null): string {
  const earlier = history === null || history.length === 0 ? {} : { history: history.map(stateJson) };
  return JSON.stringify({ kind: 'record', handle, ...stateJson(state), ...earlier });
}

function stateJson({ revision, updatedAt, record }: StateLine): object {
  const changed = { revision, updatedAt: formatMs(updatedAt) };
  if (record === null) return { status: 'deleted', ...changed };
  const { status, createdAt, parent, template, reason, recall, values } = record;
  return {
    status,
    revision,
    createdAt: formatMs(createdAt),
    updatedAt: changed.updatedAt,
    ...(parent === null ? {} : { parent }),
    ...(template === null ? {} : { template }),
    ...(reason === null ? {} : { reason }),
    ...(recall === null ? {} : { recall: recallJson(recall) }),
    values: values.map(valueJson),
  };
}

function recallJson({ reason, notice, timestamp }: Recall): object {
  return { reason, notice, timestamp: formatInstant(timestamp) };
}

/** Unlike the Handle API's form it never interprets bytes: what was stored is what comes back. */
export function valueJson({
  index,
  type,
  data,
  dataForm,
  ttl,
  ttlIsAbsolute,
  timestamp,
  permissions,
  references,
}: HandleValue): object {
  return {
    index,
    type: textFromBytes(type),
    data:
      dataForm === 'binary'
        ? { format: 'base64', value: Buffer.from(data, 'latin1').toString('base64') }
        : textFromBytes(data),
    ...(permissions === DEFAULT_PERMISSIONS ? {} : { permissions: permissions.toString(2).padStart(4, '0') }),
    ttl: ttlIsAbsolute ? formatInstant(ttl) : ttl,
    timestamp: formatInstant(timestamp),
    // Member by member: the same reference was made in another order elsewhere.
    ...(references.length === 0
      ? {}
      : { references: references.map((one) => ({ index: one.index, handle: one.handle })) }),
  };
}

export type EntityKind = 'home' | 'enterprise' | 'principal' | 'key';
export type Entity = Home | Enterprise | Principal | AccessKey;

/** Members of an entity in the order of its line: a store may have them in another. */
const ENTITY_MEMBERS = {
  home: ['prefix', 'foldsCase', 'state'],
  enterprise: ['prefix', 'name', 'state', 'hosting', 'contact', 'quota', 'holder'],
  principal: ['id', 'name', 'role', 'scope', 'state'],
  key: ['id', 'principalId', 'tokenHash', 'label', 'expiresAt', 'revokedAt'],
} as const satisfies Record<EntityKind, readonly string[]>;

const INSTANTS: ReadonlySet<string> = new Set(['expiresAt', 'revokedAt']);

/** The line of a homed prefix, an enterprise, principal or key (without its token, which is stored nowhere). */
export function formatEntityLine(kind: EntityKind, entity: Entity): string {
  const { revision, createdAt, updatedAt } = entity;
  const content: Record<string, unknown> = {};
  for (const member of ENTITY_MEMBERS[kind]) {
    // What is stored from before a member was known has none.
    const value = (entity as unknown as Record<string, unknown>)[member] ?? null;
    content[member] = INSTANTS.has(member) && value !== null ? formatMs(value as number) : value;
  }
  return JSON.stringify({ kind, ...content, revision, createdAt: formatMs(createdAt), updatedAt: formatMs(updatedAt) });
}

/** Handle as it is spelled; the states oldest first. */
export interface ParsedRecord {
  readonly kind: 'record';
  readonly handle: string;
  readonly states: readonly ParsedState[];
}

export interface ParsedState {
  readonly revision: number;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** Parent and template as they are spelled. */
  readonly draft:
    | (Omit<RecordDraft, 'parent' | 'template'> & { readonly parent: string | null; readonly template: string | null })
    | null;
}

const CODE = 'INVALID_REQUEST';
const STATUSES = ['reserved', 'active', 'revoked', 'deleted'] as const;
const STATE_MEMBERS = [
  'status',
  'revision',
  'createdAt',
  'updatedAt',
  'parent',
  'template',
  'reason',
  'recall',
  'values',
];
const HISTORY_MEMBERS: ReadonlySet<string> = new Set(STATE_MEMBERS);
const RECORD_MEMBERS: ReadonlySet<string> = new Set([...STATE_MEMBERS, 'kind', 'handle', 'history']);
const REVISIONS = { min: 1, max: 0xffff_ffff };

/** Throws `INVALID_REQUEST` or `INVALID_VALUE` with the place as a JSON pointer. */
export function parseRecordLine(input: unknown, at: string): ParsedRecord {
  const line = readObject(input, at, RECORD_MEMBERS, CODE);
  const handle = readString(line.handle, `${at}/handle`, CODE);
  const earlier =
    line.history === undefined ? [] : readArray(line.history, `${at}/history`, MAX_PRESERVED_STATES, CODE);
  const places = earlier.map((_, i) => `${at}/history/${i}`);
  const states: ParsedState[] = [];
  for (const [i, state] of [...earlier, line].entries()) {
    const place = places[i] ?? at;
    states.push(
      parseState(i < earlier.length ? readObject(state, place, HISTORY_MEMBERS, CODE) : line, place, states.at(-1)),
    );
  }
  return { kind: 'record', handle, states };
}

function parseState(state: JsonObject, at: string, before: ParsedState | undefined): ParsedState {
  const status = readChoice(state.status, `${at}/status`, STATUSES, CODE);
  const revision = readInteger(state.revision, `${at}/revision`, REVISIONS, CODE);
  const updatedAt = readMs(state.updatedAt, `${at}/updatedAt`);
  // A deletion keeps the instant of creation of what it deleted, as the store does.
  if (status === 'deleted') return { revision, createdAt: before?.createdAt ?? updatedAt, updatedAt, draft: null };
  const { parent, template, reason, recall } = state;
  const draft = {
    status,
    parent: parent === undefined ? null : readString(parent, `${at}/parent`, CODE),
    template: template === undefined ? null : readString(template, `${at}/template`, CODE),
    reason: reason === undefined ? null : readString(reason, `${at}/reason`, CODE),
    recall: recall === undefined ? null : parseRecall(recall, `${at}/recall`),
    values: parseStampedValues(state.values, `${at}/values`),
  };
  return { revision, createdAt: readMs(state.createdAt, `${at}/createdAt`), updatedAt, draft };
}

const RECALL_MEMBERS: ReadonlySet<string> = new Set(['reason', 'notice', 'timestamp']);

function parseRecall(input: unknown, at: string): Recall {
  const recall = readObject(input, at, RECALL_MEMBERS, CODE);
  return {
    reason: readString(recall.reason, `${at}/reason`, CODE),
    notice: readString(recall.notice, `${at}/notice`, CODE),
    timestamp: readSeconds(recall.timestamp, `${at}/timestamp`),
  };
}

/** The ordinary form takes a timestamp and forgets it; here it is what counts. */
export function parseStampedValues(input: unknown, at: string): HandleValue[] {
  return parseValues(input, at).map((value, i) => {
    const { timestamp } = (input as readonly JsonObject[])[i] as JsonObject;
    return { ...value, timestamp: readSeconds(timestamp, `${at}/${i}/timestamp`) };
  });
}

function readSeconds(input: unknown, at: string): number {
  const seconds = typeof input === 'string' ? parseInstant(input) : null;
  if (seconds !== null) return seconds;
  throw inputError(at, 'Write when it was last changed, such as "2026-01-31T00:00:00Z".', CODE);
}

export function readMs(input: unknown, at: string): number {
  const text = readString(input, at, CODE);
  if (parseInstant(text) !== null) return Date.parse(text);
  throw inputError(at, 'Write an instant, such as "2026-01-31T00:00:00.000Z".', CODE);
}

export function formatMs(ms: number): string {
  return new Date(ms).toISOString();
}

// Enterprises, principals, keys, homes and templates within one write transaction: the same for every store that stages
// what it will write. It neither reads nor writes itself.

import type { Change, ChangeAction, ChangeOutcome, VisibleChange } from '../domain/change.ts';
import type { Enterprise } from '../domain/enterprise.ts';
import type { AccessKey } from '../domain/principal.ts';
import type { Template } from '../domain/template.ts';
import { marksOf, subjectOf } from './change-name.ts';
import { alreadyExists, revisionConflict } from './commit-outcomes.ts';
import { StagedList, StagedMap, type UndoLog } from './undo-log.ts';

export type DirectoryChange = Exclude<Change, { kind: 'put-record' | 'delete-record' | 'preserve-record' | 'put-lot' }>;

/** An enterprise, principal, key, home or template as its table holds it. */
export interface Entity {
  readonly revision: number;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** What became of a change, and how it is logged and announced. */
export interface DirectoryStep {
  readonly outcome: ChangeOutcome;
  readonly action: ChangeAction;
  readonly visible: readonly VisibleChange[];
}

/** Lots have rules of their own. */
export type StagedTable = 'enterprises' | 'principals' | 'keys' | 'homes' | 'templates';

/** What the store holds, as the transaction began. */
export interface DirectorySource {
  find(table: StagedTable, name: string): Entity | null;
  /** The id of the key with this token. */
  holderOf(tokenHash: string): string | null;
}

export const STAGED_TABLES: readonly StagedTable[] = ['enterprises', 'principals', 'keys', 'homes', 'templates'];

const TABLES = {
  'put-enterprise': 'enterprises',
  'put-principal': 'principals',
  'put-key': 'keys',
  'put-home': 'homes',
  'put-template': 'templates',
} as const satisfies Record<DirectoryChange['kind'], StagedTable>;

export class StagedDirectory {
  readonly #source: DirectorySource;
  readonly #entities: Readonly<Record<StagedTable, StagedMap<string, Entity>>>;
  /** Token hash → key's id, or null for one no longer in use. */
  readonly #keyIds: StagedMap<string, string | null>;
  readonly #templateVersions: StagedList<Template>;

  constructor(source: DirectorySource, undo: UndoLog) {
    this.#source = source;
    this.#entities = {
      enterprises: new StagedMap(undo),
      principals: new StagedMap(undo),
      keys: new StagedMap(undo),
      homes: new StagedMap(undo),
      templates: new StagedMap(undo),
    };
    this.#keyIds = new StagedMap(undo);
    this.#templateVersions = new StagedList(undo);
  }

  /** Of what the change is about; 0 if there is none. */
  revisionOf(change: DirectoryChange): number {
    return this.#find(TABLES[change.kind], subjectOf(change).name)?.revision ?? 0;
  }

  put(change: DirectoryChange, nowMs: number): DirectoryStep {
    const { name } = subjectOf(change);
    const before = this.#find(TABLES[change.kind], name);
    const current = before?.revision ?? 0;
    if (current !== change.expectedRevision) return refused(revisionConflict(name, change.expectedRevision, current));
    if (change.kind === 'put-key') {
      const holder = this.#holderOf(change.key.tokenHash);
      if (holder !== null && holder !== name) return refused(alreadyExists(`The token of key ${name}`, current));
    }
    const at = Math.max(nowMs, (before?.updatedAt ?? 0) + 1);
    const stored = marksOf(change, { revision: current + 1, createdAt: before?.createdAt ?? at, updatedAt: at });
    const visible = this.#stage(change, name, { before, stored });
    const action = actionOf(change, before);
    return { outcome: { ok: true, revision: stored.revision, at: stored.updatedAt }, action, visible };
  }

  /** What was put, newest states alone. */
  entities(table: StagedTable): IterableIterator<[string, Entity]> {
    return this.#entities[table].entries();
  }

  /** Ids of keys by their tokens; null for a token no longer in use. */
  keyIds(): IterableIterator<[string, string | null]> {
    return this.#keyIds.entries();
  }

  get templateVersions(): readonly Template[] {
    return this.#templateVersions.items;
  }

  #stage(
    change: DirectoryChange,
    name: string,
    { before, stored }: { before: Entity | null; stored: Entity },
  ): readonly VisibleChange[] {
    if (change.kind === 'put-enterprise') {
      const { prefix, holder } = change.enterprise;
      this.#entities.enterprises.set(name, { ...change.enterprise, ...stored });
      const transferred = holder !== ((before as Enterprise | null)?.holder ?? null);
      return [{ subject: 'enterprise', prefix, transferred }];
    }
    if (change.kind === 'put-principal') {
      this.#entities.principals.set(name, { ...change.principal, ...stored });
      return [{ subject: 'principal', id: change.principal.id }];
    }
    if (change.kind === 'put-home') {
      this.#entities.homes.set(name, { ...change.home, ...stored });
      return [{ subject: 'home', prefix: change.home.prefix }];
    }
    if (change.kind === 'put-template') {
      const { handle } = change.template;
      const newest = { ...change.template, ...stored };
      this.#entities.templates.set(name, newest);
      this.#templateVersions.push(newest);
      return [{ subject: 'template', handle }];
    }
    const { tokenHash } = change.key;
    const oldHash = (before as AccessKey | null)?.tokenHash ?? tokenHash;
    this.#entities.keys.set(name, { ...change.key, ...stored });
    if (oldHash !== tokenHash) this.#keyIds.set(oldHash, null);
    this.#keyIds.set(tokenHash, name);
    const visible: VisibleChange = { subject: 'key', tokenHash };
    return oldHash === tokenHash ? [visible] : [visible, { subject: 'key', tokenHash: oldHash }];
  }

  #find(table: StagedTable, name: string): Entity | null {
    return this.#entities[table].get(name) ?? this.#source.find(table, name);
  }

  #holderOf(hash: string): string | null {
    const staged = this.#keyIds.get(hash);
    return staged === undefined ? this.#source.holderOf(hash) : staged;
  }
}

function actionOf(change: DirectoryChange, before: Entity | null): ChangeAction {
  if (before === null) return 'created';
  const revokes = change.kind === 'put-key' && change.key.revokedAt !== null;
  return revokes && (before as AccessKey).revokedAt === null ? 'revoked' : 'updated';
}

function refused(outcome: ChangeOutcome): DirectoryStep {
  return { outcome, action: 'updated', visible: [] };
}

// Enterprises, principals, keys, homes and templates within one write transaction.

import { type ByteString, bytesFromText } from '../domain/bytes.ts';
import type { Change, ChangeAction, ChangeOutcome, VisibleChange } from '../domain/change.ts';
import type { Enterprise } from '../domain/enterprise.ts';
import type { AccessKey } from '../domain/principal.ts';
import type { Template } from '../domain/template.ts';
import { marksOf, subjectOf } from './change-name.ts';
import { alreadyExists, revisionConflict } from './commit-outcomes.ts';
import { decodeEntity, encodeEntity } from './directory-json.ts';
import type { DirectoryTable } from './lmdb-directory-reading.ts';
import { versionKey } from './lmdb-keys.ts';
import type { LmdbTables } from './lmdb-tables.ts';
import { StagedMap, type UndoLog } from './undo-log.ts';

export type DirectoryChange = Exclude<Change, { kind: 'put-record' | 'delete-record' | 'preserve-record' | 'put-lot' }>;

/** An enterprise, principal, key, home or template as its table holds it. */
interface Entity {
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

/** Lots have rules of their own (lmdb-staged-lots.ts). */
type StagedTable = Exclude<DirectoryTable, 'lots'>;

const TABLES = {
  'put-enterprise': 'enterprises',
  'put-principal': 'principals',
  'put-key': 'keys',
  'put-home': 'homes',
  'put-template': 'templates',
} as const satisfies Record<DirectoryChange['kind'], StagedTable>;

export class StagedDirectory {
  readonly #tables: LmdbTables;
  readonly #entities: Readonly<Record<StagedTable, StagedMap<ByteString, Entity>>>;
  /** Token hash → key's id, or null for one no longer in use. */
  readonly #keyIds: StagedMap<ByteString, ByteString | null>;
  readonly #templateVersions: StagedMap<ByteString, Template>;

  constructor(tables: LmdbTables, undo: UndoLog) {
    this.#tables = tables;
    this.#entities = {
      enterprises: new StagedMap(undo),
      principals: new StagedMap(undo),
      keys: new StagedMap(undo),
      homes: new StagedMap(undo),
      templates: new StagedMap(undo),
    };
    this.#keyIds = new StagedMap(undo);
    this.#templateVersions = new StagedMap(undo);
  }

  /** Of what the change is about; 0 if there is none. */
  revisionOf(change: DirectoryChange): number {
    return this.#find(TABLES[change.kind], bytesFromText(subjectOf(change).name))?.revision ?? 0;
  }

  put(change: DirectoryChange, nowMs: number): DirectoryStep {
    const { name } = subjectOf(change);
    const id = bytesFromText(name);
    const before = this.#find(TABLES[change.kind], id);
    const current = before?.revision ?? 0;
    if (current !== change.expectedRevision) return refused(revisionConflict(name, change.expectedRevision, current));
    if (change.kind === 'put-key') {
      const holder = this.#holderOf(bytesFromText(change.key.tokenHash));
      if (holder !== null && holder !== id) return refused(alreadyExists(`The token of key ${name}`, current));
    }
    const at = Math.max(nowMs, (before?.updatedAt ?? 0) + 1);
    const stored = marksOf(change, { revision: current + 1, createdAt: before?.createdAt ?? at, updatedAt: at });
    const visible = this.#stage(change, id, { before, stored });
    const action = actionOf(change, before);
    return { outcome: { ok: true, revision: stored.revision, at: stored.updatedAt }, action, visible };
  }

  flush(): void {
    for (const table of Object.values(TABLES)) {
      for (const [id, entity] of this.#entities[table].entries()) this.#tables[table].put(id, encodeEntity(entity));
    }
    for (const [hash, id] of this.#keyIds.entries()) {
      if (id === null) this.#tables.keyHashes.remove(hash);
      else this.#tables.keyHashes.put(hash, id);
    }
    for (const [key, version] of this.#templateVersions.entries()) {
      this.#tables.templateVersions.put(key, encodeEntity(version));
    }
  }

  #stage(
    change: DirectoryChange,
    id: ByteString,
    { before, stored }: { before: Entity | null; stored: Entity },
  ): readonly VisibleChange[] {
    if (change.kind === 'put-enterprise') {
      const { prefix, holder } = change.enterprise;
      this.#entities.enterprises.set(id, { ...change.enterprise, ...stored });
      const transferred = holder !== ((before as Enterprise | null)?.holder ?? null);
      return [{ subject: 'enterprise', prefix, transferred }];
    }
    if (change.kind === 'put-principal') {
      this.#entities.principals.set(id, { ...change.principal, ...stored });
      return [{ subject: 'principal', id: change.principal.id }];
    }
    if (change.kind === 'put-home') {
      this.#entities.homes.set(id, { ...change.home, ...stored });
      return [{ subject: 'home', prefix: change.home.prefix }];
    }
    if (change.kind === 'put-template') {
      const { handle } = change.template;
      const newest = { ...change.template, ...stored };
      this.#entities.templates.set(id, newest);
      this.#templateVersions.set(versionKey(id, newest.revision), newest);
      return [{ subject: 'template', handle }];
    }
    const { tokenHash } = change.key;
    const oldHash = (before as AccessKey | null)?.tokenHash ?? tokenHash;
    this.#entities.keys.set(id, { ...change.key, ...stored });
    if (oldHash !== tokenHash) this.#keyIds.set(bytesFromText(oldHash), null);
    this.#keyIds.set(bytesFromText(tokenHash), id);
    const visible: VisibleChange = { subject: 'key', tokenHash };
    return oldHash === tokenHash ? [visible] : [visible, { subject: 'key', tokenHash: oldHash }];
  }

  #find(table: StagedTable, id: ByteString): Entity | null {
    const staged = this.#entities[table].get(id);
    if (staged !== undefined) return staged;
    const bytes = this.#tables[table].get(id);
    return bytes === null ? null : decodeEntity<Entity>(bytes);
  }

  #holderOf(hash: ByteString): ByteString | null {
    const staged = this.#keyIds.get(hash);
    return staged === undefined ? this.#tables.keyHashes.get(hash) : staged;
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

// Enterprises, principals, keys, homes and templates of the memory store.

import { bytesFromText } from '../domain/bytes.ts';
import type { Change, ChangeAction, VisibleChange } from '../domain/change.ts';
import type { Enterprise } from '../domain/enterprise.ts';
import type { Handle } from '../domain/handle.ts';
import type { Home, Prefix } from '../domain/prefix.ts';
import type { AccessKey, Principal } from '../domain/principal.ts';
import type { Template } from '../domain/template.ts';
import { marksOf, subjectOf } from './change-name.ts';
import { alreadyExists, revisionConflict } from './commit-outcomes.ts';
import type { MemoryStep } from './memory-records.ts';

export type DirectoryChange = Exclude<Change, { kind: 'put-record' | 'delete-record' | 'preserve-record' | 'put-lot' }>;

type Entity = Enterprise | Principal | AccessKey | Home | Template;

export class MemoryDirectory {
  readonly enterprises = new Map<string, Enterprise>();
  readonly principals = new Map<string, Principal>();
  readonly keys = new Map<string, AccessKey>();
  readonly homes = new Map<string, Home>();
  /** Newest versions; all versions of each by revision. */
  readonly templates = new Map<string, Template>();
  readonly #versions = new Map<string, Map<number, Template>>();
  readonly #keyIds = new Map<string, string>();

  keyByHash(tokenHash: string): AccessKey | null {
    return this.keys.get(this.#keyIds.get(tokenHash) ?? '') ?? null;
  }

  templatesOf(prefix: Prefix | null, after: Handle | null, limit: number): readonly Template[] {
    if (prefix === null) return pageOf(this.templates, after, limit);
    return pageOf(new Map([...this.templates].filter(([handle]) => handle.startsWith(`${prefix}/`))), after, limit);
  }

  versionsOf(handle: Handle, after: number, limit: number): readonly Template[] {
    const versions = [...(this.#versions.get(handle)?.values() ?? [])].filter(({ revision }) => revision > after);
    return versions.sort((a, b) => a.revision - b.revision).slice(0, Math.max(0, limit));
  }

  /** Of what the change is about; 0 if there is none. */
  revisionOf(change: DirectoryChange): number {
    return this.#tableOf(change).get(subjectOf(change).name)?.revision ?? 0;
  }

  apply(change: DirectoryChange, nowMs: number): MemoryStep {
    const { name } = subjectOf(change);
    const table = this.#tableOf(change);
    const before = table.get(name);
    const current = before?.revision ?? 0;
    if (current !== change.expectedRevision) return refused(revisionConflict(name, change.expectedRevision, current));
    if (change.kind === 'put-key' && (this.#keyIds.get(change.key.tokenHash) ?? name) !== name) {
      return refused(alreadyExists(`The token of key ${name}`, current));
    }
    const at = Math.max(nowMs, (before?.updatedAt ?? 0) + 1);
    const stored = marksOf(change, { revision: current + 1, createdAt: before?.createdAt ?? at, updatedAt: at });
    const visible = this.#put(change, before, stored);
    return {
      outcome: { ok: true, revision: stored.revision, at: stored.updatedAt },
      action: actionOf(change, before),
      visible,
      undo: () => this.#restore(change, before),
    };
  }

  #tableOf(change: DirectoryChange): Map<string, Entity> {
    const tables = {
      'put-enterprise': this.enterprises,
      'put-principal': this.principals,
      'put-key': this.keys,
      'put-home': this.homes,
      'put-template': this.templates,
    } as const satisfies Record<DirectoryChange['kind'], Map<string, never> | Map<string, Entity>>;
    return tables[change.kind] as Map<string, Entity>;
  }

  #put(
    change: DirectoryChange,
    before: Entity | undefined,
    stored: Pick<Entity, 'revision' | 'createdAt' | 'updatedAt'>,
  ): VisibleChange[] {
    if (change.kind === 'put-enterprise') {
      const { prefix, holder } = change.enterprise;
      this.enterprises.set(prefix, { ...change.enterprise, ...stored });
      const transferred = holder !== ((before as Enterprise | undefined)?.holder ?? null);
      return [{ subject: 'enterprise', prefix, transferred }];
    }
    if (change.kind === 'put-principal') {
      const { principal } = change;
      this.principals.set(principal.id, { ...principal, ...stored });
      return [{ subject: 'principal', id: principal.id }];
    }
    if (change.kind === 'put-home') {
      const { home } = change;
      this.homes.set(home.prefix, { ...home, ...stored });
      return [{ subject: 'home', prefix: home.prefix }];
    }
    if (change.kind === 'put-template') {
      const { handle } = change.template;
      const newest = { ...change.template, ...stored };
      const versions = this.#versions.get(handle) ?? new Map<number, Template>();
      this.#versions.set(handle, versions);
      versions.set(newest.revision, newest);
      this.templates.set(handle, newest);
      return [{ subject: 'template', handle }];
    }
    const { id, tokenHash } = change.key;
    const oldHash = this.keys.get(id)?.tokenHash ?? tokenHash;
    this.#keyIds.delete(oldHash);
    this.#keyIds.set(tokenHash, id);
    this.keys.set(id, { ...change.key, ...stored });
    const hashes = oldHash === tokenHash ? [tokenHash] : [tokenHash, oldHash];
    return hashes.map((hash) => ({ subject: 'key', tokenHash: hash }));
  }

  #restore(change: DirectoryChange, before: Entity | undefined): void {
    const { name } = subjectOf(change);
    if (change.kind === 'put-key') {
      this.#keyIds.delete(change.key.tokenHash);
      if (before !== undefined) this.#keyIds.set((before as AccessKey).tokenHash, name);
    }
    if (change.kind === 'put-template') {
      const versions = this.#versions.get(name);
      for (const revision of versions?.keys() ?? []) if (revision > (before?.revision ?? 0)) versions?.delete(revision);
    }
    if (before === undefined) this.#tableOf(change).delete(name);
    else this.#tableOf(change).set(name, before);
  }
}

/** Entries in the byte order of their names, after `after`. */
export function pageOf<T>(table: ReadonlyMap<string, T>, after: string | null, limit: number): T[] {
  const start = after === null ? '' : bytesFromText(after);
  return [...table]
    .map(([name, entity]) => ({ name: bytesFromText(name), entity }))
    .filter(({ name }) => name > start)
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .slice(0, Math.max(0, limit))
    .map(({ entity }) => entity);
}

function actionOf(change: DirectoryChange, before: Entity | undefined): ChangeAction {
  if (before === undefined) return 'created';
  const revokes = change.kind === 'put-key' && change.key.revokedAt !== null;
  return revokes && (before as AccessKey).revokedAt === null ? 'revoked' : 'updated';
}

function refused(outcome: MemoryStep['outcome']): MemoryStep {
  return { outcome, action: 'updated', visible: [], undo() {} };
}

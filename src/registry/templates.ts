// Templates: who may put and read them, their versions, and requests that are repeated. What a template must be like, and
// what may follow it, is said elsewhere.

import type { Change } from '../domain/change.ts';
import { HandleError } from '../domain/error.ts';
import { type Handle, isSystemPrefix, prefixOf } from '../domain/handle.ts';
import { NO_TRANSFERS, rootsOf, seatsOf } from '../domain/holding.ts';
import { MAX_COMMIT_ATTEMPTS, MAX_TEMPLATES_OF_PREFIX } from '../domain/limits.ts';
import { isWithin, type Prefix, parsePrefix } from '../domain/prefix.ts';
import type { Template, TemplateDraft } from '../domain/template.ts';
import type { IdempotencyResult, RegistryStore } from '../store/registry-store.ts';
import type { Admission } from './admission.ts';
import { assertMayReadEnterprise, seesEveryone } from './authorization.ts';
import type { Holdings } from './holdings.ts';
import { assertSameBody, claimKeyOf } from './idempotency.ts';
import type { Actor, IdempotencyClaim } from './registration.ts';
import type { PutTemplate, TemplateMoment, TemplateRegistry, TemplateResult } from './registry.ts';
import { formatTemplate } from './template-json.ts';
import { assertSuccessor, contentOf, withDisabled } from './template-succession.ts';
import { pageSizeOf } from './text-rules.ts';

export interface TemplatesOptions {
  readonly store: RegistryStore;
  readonly admission: Admission;
  readonly holdings: Holdings;
  readonly ownPrefix: Prefix;
  readonly clock: () => number;
}

/** Each may take MAX_TEMPLATE_BYTES. */
const VERSIONS_AT_ONCE = 20;

/** What the newest version becomes; throws why it cannot. */
type Decide = (newest: Template | null) => TemplateDraft | Promise<TemplateDraft>;

export class Templates implements TemplateRegistry {
  readonly #options: TemplatesOptions;

  constructor(options: TemplatesOptions) {
    this.#options = options;
  }

  async list(actor: Actor, text: string | null, after: string | null, limit: number): Promise<readonly Template[]> {
    const { store, admission } = this.#options;
    const size = pageSizeOf(limit);
    const start = after === null ? null : admission.parseNamed(after, 'query/after');
    const prefixes = await this.#prefixesFor(actor, text);
    if (prefixes === null) return store.templates(null, start, size);
    const found: Template[] = [];
    for (const prefix of prefixes) {
      // Pages go on in the order of handles, over all prefixes: what stands before `after` was shown.
      const isBehind = start !== null && prefixOf(start) !== prefix && `${prefix}/` < start;
      if (isBehind || found.length >= size) continue;
      const from = start !== null && prefixOf(start) === prefix ? start : null;
      found.push(...(await store.templates(prefix, from, size - found.length)));
    }
    return found;
  }

  async read(actor: Actor, text: string, which: TemplateMoment | null): Promise<Template> {
    const handle = this.#options.admission.parse(text);
    await this.#assertMayRead(actor, handle);
    const newest = await this.#options.store.template(handle);
    if (newest === null) throw absent(handle);
    if (which === null) return newest;
    const found = await ('version' in which
      ? this.#versionOf(handle, which.version)
      : this.#versionAt(handle, which.atMs));
    if (found !== null) return found;
    const asked = 'version' in which ? `no version ${which.version}` : 'no version of that time';
    throw new HandleError('NOT_FOUND', `${handle} has ${asked}: its newest is ${newest.revision}.`);
  }

  put(actor: Actor, { handle, draft, mode, ifMatch, idempotency }: PutTemplate): Promise<TemplateResult> {
    return this.#change(actor, handle, idempotency, async (newest, at) => {
      assertRevision(at, newest, ifMatch);
      if (newest === null) {
        await this.#assertRoom(at);
        return draft;
      }
      if (mode === 'create') {
        const message = `${at} exists already (version ${newest.revision}): put a new version of it, or choose another handle.`;
        throw new HandleError('ALREADY_EXISTS', message, { at: '/handle' });
      }
      assertSuccessor(newest, draft);
      return draft;
    });
  }

  disable(
    actor: Actor,
    handle: string,
    indexes: readonly number[],
    { ifMatch, idempotency }: Pick<PutTemplate, 'ifMatch' | 'idempotency'>,
  ): Promise<TemplateResult> {
    return this.#change(actor, handle, idempotency, (newest, at) => {
      if (newest === null) throw absent(at);
      assertRevision(at, newest, ifMatch);
      return withDisabled(newest, indexes);
    });
  }

  async #change(
    actor: Actor,
    text: string,
    claim: IdempotencyClaim | null,
    decide: (newest: Template | null, handle: Handle) => TemplateDraft | Promise<TemplateDraft>,
  ): Promise<TemplateResult> {
    const { admission } = this.#options;
    const handle = admission.parseStorable(text, '/handle');
    if (isSystemPrefix(prefixOf(handle))) {
      const message = `${prefixOf(handle)} is of the handle system: put templates under the prefix of an enterprise, or the node's.`;
      throw new HandleError('INVALID_TEMPLATE', message, { at: '/handle' });
    }
    const verdict = await admission.judgeWrite(actor.principal, handle);
    if (verdict !== null) throw verdict;
    return this.#commit(actor, handle, claim, (newest) => decide(newest, handle));
  }

  async #commit(actor: Actor, handle: Handle, claim: IdempotencyClaim | null, decide: Decide): Promise<TemplateResult> {
    const { store, clock } = this.#options;
    const key = claim === null ? null : claimKeyOf(actor.principal.id, claim);
    for (let attempt = 1; attempt <= MAX_COMMIT_ATTEMPTS; attempt++) {
      const stored = key === null ? null : await store.idempotencyResult(key, clock());
      if (stored !== null) return this.#repeated(handle, stored, claim);
      const newest = await store.template(handle);
      const draft = await decide(newest);
      if (newest !== null && saysTheSame(newest, draft))
        return { template: newest, outcome: 'unchanged', repeated: false };
      const { outcomes, repeated } = await store.commit({
        principalId: actor.principal.id,
        requestId: actor.requestId,
        changes: [changeTo(handle, newest, draft)],
        idempotency: key === null || claim === null ? null : { key, bodyHash: claim.bodyHash, note: '' },
      });
      if (repeated !== null) return this.#repeated(handle, repeated, claim);
      const [outcome] = outcomes;
      if (outcome?.ok !== true) continue;
      const { revision, at: updatedAt } = outcome;
      const template = { handle, ...contentOf(draft), revision, createdAt: newest?.createdAt ?? updatedAt, updatedAt };
      return { template, outcome: newest === null ? 'created' : 'updated', repeated: false };
    }
    throw new HandleError('REVISION_CONFLICT', `Others kept changing ${handle}: read it again and repeat.`);
  }

  async #repeated(handle: Handle, stored: IdempotencyResult, claim: IdempotencyClaim | null): Promise<TemplateResult> {
    if (claim !== null) assertSameBody(stored.bodyHash, claim);
    const [outcome] = stored.outcomes;
    const template = outcome?.ok === true ? await this.#versionOf(handle, outcome.revision) : null;
    if (template === null) throw new HandleError('INTERNAL', 'A stored outcome of a template has no version.');
    return { template, outcome: template.revision === 1 ? 'created' : 'updated', repeated: true };
  }

  async #versionOf(handle: Handle, version: number): Promise<Template | null> {
    const [found] = await this.#options.store.templateVersions(handle, version - 1, 1);
    return found?.revision === version ? found : null;
  }

  async #versionAt(handle: Handle, atMs: number): Promise<Template | null> {
    let stood: Template | null = null;
    for (;;) {
      const versions = await this.#options.store.templateVersions(handle, stood?.revision ?? 0, VERSIONS_AT_ONCE);
      for (const version of versions) {
        if (version.updatedAt > atMs) return stood;
        stood = version;
      }
      if (versions.length < VERSIONS_AT_ONCE) return stood;
    }
  }

  async #assertRoom(handle: Handle): Promise<void> {
    const prefix = prefixOf(handle);
    const there = await this.#options.store.templates(prefix, null, MAX_TEMPLATES_OF_PREFIX);
    if (there.length < MAX_TEMPLATES_OF_PREFIX) return;
    throw new HandleError(
      'INVALID_STATE',
      `${prefix} has ${there.length} templates, which is the most: put a new version of one of them.`,
    );
  }

  /** Those of the node are for everyone; others for who reads under their prefix, or is bound to one below it. */
  async #assertMayRead(actor: Actor, handle: Handle): Promise<void> {
    const { holdings, ownPrefix } = this.#options;
    const { scope } = actor.principal;
    if (prefixOf(handle) === ownPrefix || (scope !== null && isWithin(scope, prefixOf(handle)))) return;
    const verdict = await holdings.judgeRead(actor.principal, handle);
    if (verdict !== null) throw verdict;
  }

  /** Whose templates are listed, in byte order of their handles; null for everyone's. */
  async #prefixesFor({ principal }: Actor, text: string | null): Promise<readonly Prefix[] | null> {
    const { holdings, ownPrefix } = this.#options;
    const transfers = await holdings.transfers();
    if (text !== null) {
      const prefix = parsePrefix(text);
      const isAbove = principal.scope !== null && isWithin(principal.scope, prefix);
      if (prefix !== ownPrefix && !isAbove) assertMayReadEnterprise(principal, prefix, transfers);
      return [prefix];
    }
    if (seesEveryone(principal) || principal.scope === null) return null;
    const above = seatsOf(principal.scope, NO_TRANSFERS) as readonly Prefix[];
    const prefixes = new Set([ownPrefix, ...above, ...rootsOf(principal.scope, transfers)]);
    return [...prefixes].sort((a, b) => (`${a}/` < `${b}/` ? -1 : 1));
  }
}

function changeTo(handle: Handle, newest: Template | null, draft: TemplateDraft): Change {
  return {
    kind: 'put-template',
    expectedRevision: newest?.revision ?? 0,
    template: { handle, ...contentOf(draft) },
  };
}

function saysTheSame(a: TemplateDraft, b: TemplateDraft): boolean {
  return JSON.stringify(formatTemplate(a)) === JSON.stringify(formatTemplate(b));
}

function assertRevision(handle: Handle, newest: Template | null, ifMatch: number | null): void {
  const stands = newest?.revision ?? 0;
  if (ifMatch === null || ifMatch === stands) return;
  const message =
    stands === 0
      ? `There is no template ${handle}, so it has no version ${ifMatch}: put it without naming one.`
      : `Template ${handle} is at version ${stands}, not ${ifMatch}: read it again and repeat the change.`;
  throw new HandleError('REVISION_CONFLICT', message);
}

function absent(handle: Handle): HandleError {
  return new HandleError('NOT_FOUND', `There is no template ${handle}.`);
}

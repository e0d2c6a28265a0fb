// Takes in what another node exported, as it was: operators only, never over what stands, unless that is an earlier state
// of the same. Again it changes nothing.

import type { Change, ChangeOutcome } from '../domain/change.ts';
import { HandleError } from '../domain/error.ts';
import { type Handle, prefixOf } from '../domain/handle.ts';
import { MAX_BATCH_ITEMS } from '../domain/limits.ts';
import type { Observer } from '../domain/observer.ts';
import { type Home, homeOf } from '../domain/prefix.ts';
import { assertSuccession, type PreservedState } from '../domain/preserved.ts';
import type { Principal } from '../domain/principal.ts';
import type { Awaitable, RegistryStore } from '../store/registry-store.ts';
import { isJsonObject } from '../wire/json-input.ts';
import { type Admission, type Homes, refusalOf } from './admission.ts';
import { assertHomeable, assertRoom, assertUnused } from './home-rules.ts';
import { type ParsedEntity, parseEntityLine } from './preserved-entity.ts';
import {
  type Entity,
  formatEntityLine,
  formatRecordLine,
  type ParsedState,
  parseRecordLine,
} from './preserved-json.ts';
import { wantedLot } from './preserved-lot.ts';
import {
  formatTemplateLine,
  type ParsedTemplateLine,
  parseTemplateLine,
  templateChange,
} from './preserved-template.ts';
import type { Standing, Wanted } from './preserved-wanted.ts';
import type { Actor } from './registration.ts';
import type { PreservedResult } from './registry.ts';
import type { Fitting } from './template-fitting.ts';
import { assertValues } from './value-rules.ts';

export interface PreservationOptions {
  readonly store: RegistryStore;
  readonly homes: Homes;
  readonly admission: Admission;
  readonly fitting: Pick<Fitting, 'searchableIn'>;
  readonly observer: Observer;
}

/** Records of which it is read at once what stands: a store on another machine answers them together. */
const RECORDS_AT_ONCE = 500;

export class Preservation {
  readonly #options: PreservationOptions;

  constructor(options: PreservationOptions) {
    this.#options = options;
  }

  /** A result for each line, in order. Throws `FORBIDDEN` and `PAYLOAD_TOO_LARGE`, and what a commit throws. */
  async preserve(actor: Actor, lines: readonly unknown[]): Promise<readonly PreservedResult[]> {
    assertOperator(actor.principal);
    if (lines.length > MAX_BATCH_ITEMS) {
      throw new HandleError('PAYLOAD_TOO_LARGE', `A call takes at most ${MAX_BATCH_ITEMS} lines: divide it.`);
    }
    const results: PreservedResult[] = new Array(lines.length);
    const numbered = lines.map((line, position) => ({ line, position }));
    // Which prefixes the node is home to decides over the other lines; each may decide over the next.
    for (const one of numbered) if (kindOf(one.line) === 'home') await this.#takeIn(actor, [one], results);
    const others = numbered.filter(({ line }) => kindOf(line) !== 'home');
    // Templates come first in an export, and say by which values the records behind them are found.
    const records = 1 + others.findLastIndex(({ line }) => kindOf(line) === 'template');
    for (const part of [others.slice(0, records), others.slice(records)]) await this.#takeIn(actor, part, results);
    return results;
  }

  /** In one commit. Puts the results in their places. */
  async #takeIn(
    actor: Actor,
    lines: readonly { readonly line: unknown; readonly position: number }[],
    results: PreservedResult[],
  ): Promise<void> {
    const writes: { readonly position: number; readonly wanted: Wanted; readonly outcome: 'created' | 'updated' }[] =
      [];
    const look = async ({ line, position }: { readonly line: unknown; readonly position: number }) => {
      try {
        const wanted = await this.#wantedOf(line, `/${position}`);
        return { wanted, standing: await wanted.stands() };
      } catch (error) {
        results[position] = { ok: false, handle: nameIn(line), error: refusalOf(error) };
        return null;
      }
    };
    for (let i = 0, part = lines.slice(0, 0); i < lines.length; i += part.length) {
      part = lines.slice(i, i + (kindOf(lines[i]?.line) === 'record' ? RECORDS_AT_ONCE : 1));
      const looks = await Promise.all(part.map(look));
      for (const [k, { position }] of part.entries()) {
        const seen = looks[k] ?? null;
        if (seen === null) continue;
        const { wanted, standing } = seen;
        if (standing === null) writes.push({ position, wanted, outcome: 'created' });
        else if (!standing.isSame && standing.next !== undefined)
          writes.push({ position, wanted: { ...wanted, change: standing.next }, outcome: 'updated' });
        else results[position] = standing.isSame ? unchanged(wanted) : taken(wanted, standing.revision);
      }
    }
    if (writes.length === 0) return;
    const { outcomes } = await this.#options.store.commit({
      principalId: actor.principal.id,
      requestId: actor.requestId,
      changes: writes.map(({ wanted }) => wanted.change),
      idempotency: null,
    });
    const counts = { created: 0, updated: 0 };
    for (const [i, { position, wanted, outcome }] of writes.entries()) {
      const stored = outcomes[i] as ChangeOutcome;
      results[position] = resultOf(wanted, outcome, stored);
      if (stored.ok && wanted.change.kind === 'preserve-record') counts[outcome] += 1;
    }
    for (const outcome of ['created', 'updated'] as const) {
      if (counts[outcome] > 0) this.#options.observer.registered(outcome, counts[outcome]);
    }
  }

  #wantedOf(line: unknown, at: string): Awaitable<Wanted> {
    const kind = kindOf(line);
    if (kind === 'record') return this.#wantedRecord(line, at);
    if (kind === 'template') return this.#wantedTemplate(parseTemplateLine(line, at, (text) => this.#handleOf(text)));
    if (kind === 'lot') return wantedLot(this.#options.store, line, at, (text) => this.#handleOf(text));
    if (kind === 'home') return this.#wantedHome(parseEntityLine(kind, line, at));
    if (kind === 'enterprise' || kind === 'principal' || kind === 'key')
      return this.#wantedEntity(parseEntityLine(kind, line, at));
    throw new HandleError(
      'INVALID_REQUEST',
      'A line of an export has a kind: record, lot, template, home, enterprise, principal or key.',
      {
        at: `${at}/kind`,
      },
    );
  }

  async #wantedRecord(line: unknown, at: string): Promise<Wanted> {
    const parsed = parseRecordLine(line, at);
    const handle = this.#handleOf(parsed.handle);
    const states = parsed.states.map((state) => this.#stateOf(handle, state));
    assertSuccession(states);
    const last = states.at(-1) as PreservedState;
    const { store, fitting } = this.#options;
    const marks = last.draft === null ? {} : await fitting.searchableIn(last.draft);
    return {
      name: handle,
      change: { kind: 'preserve-record', handle, states, ...marks },
      revision: last.revision,
      async stands() {
        const standing = await store.state(handle);
        if (standing === null || standing.revision === 0) return null;
        const { revision } = standing;
        const known = states.findIndex((state) => state.revision === revision);
        const stood = states[known];
        const isKnown = stood !== undefined && formatRecordLine(handle, standing, null) === formatState(handle, stood);
        if (!isKnown || stood === last) return { revision, isSame: isKnown };
        const next = { kind: 'preserve-record', handle, states: states.slice(known + 1), after: revision } as const;
        return { revision, isSame: false, next: { ...next, ...marks } };
      },
    };
  }

  #wantedTemplate(parsed: ParsedTemplateLine): Wanted {
    const { store } = this.#options;
    const { template, after } = parsed;
    const { handle, revision } = template;
    return {
      name: handle,
      change: templateChange(parsed),
      revision,
      async stands() {
        const [version] = await store.templateVersions(handle, revision - 1, 1);
        if (version?.revision === revision) {
          return { revision, isSame: formatTemplateLine(version, after) === formatTemplateLine(template, after) };
        }
        const newest = await store.template(handle);
        // One of another origin under the same handle: versions of the two are never mixed.
        const isOther = newest !== null && (newest.createdAt !== template.createdAt || newest.revision > revision);
        return isOther ? { revision: newest.revision, isSame: false } : null;
      },
    };
  }

  #handleOf(text: string): Handle {
    return this.#options.admission.parseStorable(text, '/handle');
  }

  #stateOf(handle: Handle, { draft, ...marks }: ParsedState): PreservedState {
    if (draft === null) return { ...marks, draft };
    assertValues(draft.values);
    const { admission } = this.#options;
    const parent = draft.parent === null ? null : admission.parseNamed(draft.parent, '/parent');
    const template = draft.template === null ? null : admission.parseNamed(draft.template, '/template');
    if (parent !== null && (prefixOf(parent) !== prefixOf(handle) || parent === handle)) {
      throw new HandleError(
        'INVALID_PARENT',
        `${parent} cannot be the parent of ${handle}: it inherits from another record of its prefix.`,
        { at: '/parent' },
      );
    }
    return { ...marks, draft: { ...draft, parent, template } };
  }

  /** What this node's settings home the same way is there already, whatever an operator of the other node did. */
  #wantedHome({ name, entity, change }: ParsedEntity): Wanted {
    const { store, homes } = this.#options;
    const { prefix, foldsCase, state } = entity as Home;
    return {
      name,
      change,
      revision: entity.revision,
      async stands() {
        assertHomeable(prefix);
        const remembered = await store.homes();
        const standing = remembered.find((home) => home.prefix === prefix);
        if (standing !== undefined) {
          const isSettings = standing.homedBy === 'settings' && standing.foldsCase === foldsCase && state === 'homed';
          const isSame = formatEntityLine('home', standing) === formatEntityLine('home', entity);
          const isHere = isSame || (isSettings && standing.state === 'homed');
          return { revision: standing.revision, isSame: isHere, ...following(standing, entity, change) };
        }
        assertRoom(remembered);
        const above = homeOf(prefix, homes.homed);
        if (above !== null && above.foldsCase !== foldsCase) await assertUnused(store, prefix, above.foldsCase);
        return null;
      },
    };
  }

  #wantedEntity({ kind, name, entity, change }: ParsedEntity): Wanted {
    const { store } = this.#options;
    return {
      name,
      change,
      revision: entity.revision,
      async stands() {
        const standing = await (kind === 'enterprise'
          ? store.enterprise(name as never)
          : kind === 'principal'
            ? store.principal(name)
            : store.key(name));
        if (standing === null) return null;
        return {
          revision: standing.revision,
          isSame: formatEntityLine(kind, standing) === formatEntityLine(kind, entity),
          ...following(standing, entity, change),
        };
      },
    };
  }
}

function formatState(handle: Handle, { revision, updatedAt, createdAt, draft }: PreservedState): string {
  const record = draft === null ? null : { ...draft, handle, revision, createdAt, updatedAt };
  return formatRecordLine(handle, { revision, updatedAt, record }, null);
}

/** An entity keeps no earlier states: one made at the same instant, with a later revision, is taken for what became of it. */
function following(standing: Entity, entity: Entity, change: Change): Pick<Standing, 'next'> {
  const isLater = entity.revision > standing.revision && entity.updatedAt > standing.updatedAt;
  if (!isLater || entity.createdAt !== standing.createdAt || !('expectedRevision' in change)) return {};
  return { next: { ...change, expectedRevision: standing.revision } };
}

function assertOperator({ role }: Principal): void {
  if (role === 'operator') return;
  throw new HandleError('FORBIDDEN', "Only an operator takes in what another node exported: use an operator's key.");
}

function kindOf(line: unknown): unknown {
  return isJsonObject(line) ? line.kind : undefined;
}

function nameIn(line: unknown): string {
  if (!isJsonObject(line)) return '';
  const name = line.handle ?? line.prefix ?? line.id;
  return typeof name === 'string' ? name : '';
}

function unchanged({ name, revision }: Wanted): PreservedResult {
  return { ok: true, outcome: 'unchanged', handle: name, revision };
}

function taken({ name, revision }: Wanted, standing: number): PreservedResult {
  const message = `${name} is here already, with other content (revision ${standing}, revision ${revision} was given): what stands is never overwritten.`;
  return { ok: false, handle: name, error: new HandleError('ALREADY_EXISTS', message) };
}

function resultOf(wanted: Wanted, did: 'created' | 'updated', outcome: ChangeOutcome): PreservedResult {
  if (outcome.ok) return { ok: true, outcome: did, handle: wanted.name, revision: outcome.revision };
  const { change } = wanted;
  if (change.kind === 'put-template' && outcome.currentRevision < change.expectedRevision) {
    const message = `${wanted.name} is at version ${outcome.currentRevision} here, and this line follows version ${change.expectedRevision}: take in the lines of its versions in their order.`;
    return { ok: false, handle: wanted.name, error: new HandleError('REVISION_CONFLICT', message) };
  }
  if (outcome.code === 'REVISION_CONFLICT') return taken(wanted, outcome.currentRevision);
  return { ok: false, handle: wanted.name, error: new HandleError(outcome.code, outcome.message) };
}

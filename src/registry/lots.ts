// Lots: who may register and change them, and requests that are repeated. What a lot may say is said elsewhere; that no two
// take the same room is seen to by the store.

import type { Change, ChangeOutcome } from '../domain/change.ts';
import type { Enterprise } from '../domain/enterprise.ts';
import { HandleError } from '../domain/error.ts';
import type { Handle } from '../domain/handle.ts';
import { MAX_COMMIT_ATTEMPTS } from '../domain/limits.ts';
import { isLotId, type Lot, type LotDraft, type LotId, lotIdOf, prefixOfLot, sizeOf } from '../domain/lot.ts';
import { assertClosingSerial, assertExtension, assertLotStep, assertSplit } from '../domain/lot-rules.ts';
import { type Prefix, parsePrefix } from '../domain/prefix.ts';
import type { LotSecrets } from '../store/lot-secrets.ts';
import type { IdempotencyResult, RegistryStore } from '../store/registry-store.ts';
import type { Admission } from './admission.ts';
import { assertMayReadEnterprise, seesEveryone } from './authorization.ts';
import type { Holdings } from './holdings.ts';
import { assertSameBody, claimKeyOf } from './idempotency.ts';
import { codesOf } from './lot-codes.ts';
import { LotDrafts } from './lot-drafts.ts';
import type { CodeRange, LotCode, LotConditions, LotPatch, LotRegistry, LotResult, NewLot } from './lot-registry.ts';
import type { Actor, IdempotencyClaim } from './registration.ts';
import type { Fitting } from './template-fitting.ts';
import { assertReason, pageSizeOf } from './text-rules.ts';
import { makeLotName, type RandomBytes } from './tokens.ts';

export interface LotsOptions {
  readonly store: RegistryStore;
  readonly admission: Admission;
  readonly holdings: Holdings;
  readonly fitting: Fitting;
  readonly secrets: LotSecrets;
  readonly clock: () => number;
  readonly randomBytes: RandomBytes;
}

/** What is to be written: the lot, and for a split its second part. */
type Drafts = readonly [LotDraft] | readonly [LotDraft, LotDraft];

/** What the lot becomes, and how many identifiers its prefix may have if it grows. */
interface Decided {
  readonly drafts: Drafts;
  readonly quota: number | null;
}

/** Throws why the lot cannot become it. */
type Decide = (lot: Lot) => Decided | Promise<Decided>;

export class Lots implements LotRegistry {
  readonly #options: LotsOptions;
  readonly #drafts: LotDrafts;

  constructor(options: LotsOptions) {
    this.#options = options;
    this.#drafts = new LotDrafts(options);
  }

  async create(actor: Actor, given: NewLot, idempotency: IdempotencyClaim | null): Promise<LotResult> {
    const { secrets, randomBytes, clock, admission } = this.#options;
    const { prefix, head } = this.#drafts.placeOf(given);
    const { verdict, holder } = await admission.accessTo(actor.principal, `${prefix}/` as Handle);
    if (verdict !== null) throw verdict;
    const repeated = await this.#repeatOf(actor, idempotency);
    if (repeated !== null) return repeated;
    const content = await this.#drafts.contentOf(actor.principal, { ...given, prefix, head }, null);
    await this.#drafts.assertRoom(holder, prefix, sizeOf(given));
    const { width, tagLength, from, to } = given;
    const sealedSecret = tagLength === 0 ? null : secrets.seal(prefix, randomBytes);
    const id = lotIdOf(prefix, makeLotName(clock(), randomBytes));
    const shape = { id, prefix, head, width, tagLength, from, to, sealedSecret };
    const draft: LotDraft = { ...shape, ...content, state: 'open', reason: null, splitFrom: null };
    return this.#commit(actor, null, decided([draft], holder), idempotency);
  }

  update(actor: Actor, id: string, patch: LotPatch, conditions: LotConditions): Promise<LotResult> {
    return this.#change(actor, id, conditions, async (lot) => {
      assertLotStep(lot, 'change');
      const content = await this.#drafts.contentOf(actor.principal, { ...lot, ...patch }, lot);
      return decided([{ ...draftOf(lot), ...content }]);
    });
  }

  extend(actor: Actor, id: string, to: number, conditions: LotConditions): Promise<LotResult> {
    return this.#change(actor, id, conditions, async (lot) => {
      assertLotStep(lot, 'extend');
      assertExtension(lot, to);
      const { holder } = await this.#options.admission.accessTo(actor.principal, `${lot.prefix}/` as Handle);
      await this.#drafts.assertRoom(holder, lot.prefix, to - lot.to);
      return decided([{ ...draftOf(lot), to }], holder);
    });
  }

  close(actor: Actor, id: string, to: number | null, conditions: LotConditions): Promise<LotResult> {
    return this.#change(actor, id, conditions, (lot) => {
      const last = to ?? lot.to;
      if (lot.state === 'closed' && last === lot.to) return decided([draftOf(lot)]);
      assertLotStep(lot, 'close');
      assertClosingSerial(lot, last);
      return decided([{ ...draftOf(lot), to: last, state: 'closed' }]);
    });
  }

  revoke(actor: Actor, id: string, reason: string, conditions: LotConditions): Promise<LotResult> {
    assertReason(reason);
    return this.#change(actor, id, conditions, (lot) => {
      if (lot.state === 'revoked' && lot.reason === reason) return decided([draftOf(lot)]);
      assertLotStep(lot, 'revoke');
      return decided([{ ...draftOf(lot), state: 'revoked', reason }]);
    });
  }

  split(actor: Actor, id: string, at: number, conditions: LotConditions): Promise<LotResult> {
    const { clock, randomBytes } = this.#options;
    return this.#change(actor, id, conditions, (lot) => {
      assertLotStep(lot, 'split');
      assertSplit(lot, at);
      const part = { id: lotIdOf(lot.prefix, makeLotName(clock(), randomBytes)), from: at, splitFrom: lot.id };
      return decided([
        { ...draftOf(lot), to: at - 1 },
        { ...draftOf(lot), ...part },
      ]);
    });
  }

  async read(actor: Actor, id: string): Promise<Lot> {
    const { lot, verdict } = await this.#find(actor, id);
    if (verdict !== null) throw verdict;
    if (lot === null) throw absent(id);
    return lot;
  }

  async list(actor: Actor, text: string | null, after: string | null, limit: number): Promise<readonly Lot[]> {
    const { store, holdings } = this.#options;
    const { principal } = actor;
    const size = pageSizeOf(limit);
    if (after !== null && !isLotId(after)) throw absent(after);
    if (text === null && (seesEveryone(principal) || principal.scope === null)) return store.lots(null, after, size);
    const prefix = text === null ? (principal.scope as Prefix) : parsePrefix(text);
    assertMayReadEnterprise(principal, prefix, await holdings.transfers());
    return store.lots(prefix, after, size);
  }

  async history(actor: Actor, id: string, after: number, limit: number): Promise<readonly Lot[]> {
    const lot = await this.read(actor, id);
    return this.#options.store.lotVersions(lot.id, after, pageSizeOf(limit));
  }

  async codes(actor: Actor, id: string, range: CodeRange): Promise<Iterable<readonly LotCode[]>> {
    return codesOf(await this.read(actor, id), range, this.#options.secrets);
  }

  async #change(actor: Actor, id: string, conditions: LotConditions, decide: Decide): Promise<LotResult> {
    const { ifMatch, idempotency } = conditions;
    if (!isLotId(id)) throw absent(id);
    const { admission, store } = this.#options;
    const verdict = await admission.judgeWrite(actor.principal, `${prefixOfLot(id)}/` as Handle);
    if (verdict !== null) throw verdict;
    const repeated = await this.#repeatOf(actor, idempotency);
    if (repeated !== null) return repeated;
    for (let attempt = 1; attempt <= MAX_COMMIT_ATTEMPTS; attempt++) {
      const lot = await store.lot(id);
      if (lot === null) throw absent(id);
      assertRevision(lot, ifMatch);
      const what = await decide(lot);
      const { drafts } = what;
      if (drafts.length === 1 && saysTheSame(lot, drafts[0])) return told(lot, null, 'unchanged');
      const done = await this.#tryCommit(actor, lot, what, idempotency);
      if (done !== null) return done;
    }
    throw new HandleError('REVISION_CONFLICT', `Others kept changing lot ${id}: read it again and repeat.`);
  }

  async #commit(actor: Actor, lot: Lot | null, what: Decided, claim: IdempotencyClaim | null): Promise<LotResult> {
    const done = await this.#tryCommit(actor, lot, what, claim);
    if (done === null) throw new HandleError('INTERNAL', 'A new lot met one of the same id.');
    return done;
  }

  /** Null if the lot was changed meanwhile. */
  async #tryCommit(
    actor: Actor,
    lot: Lot | null,
    { drafts, quota }: Decided,
    claim: IdempotencyClaim | null,
  ): Promise<LotResult | null> {
    const { store, randomBytes } = this.#options;
    const isSplit = drafts.length === 2;
    const changes = drafts.map(
      (draft, i): Change => ({
        kind: 'put-lot',
        expectedRevision: i === 0 ? (lot?.revision ?? 0) : 0,
        lot: draft,
        ...(isSplit ? { isSplit } : {}),
        ...(quota === null ? {} : { quota }),
      }),
    );
    const note = JSON.stringify(drafts.map(({ id }) => id));
    // Two changes are one by their key: a client's, or one that nobody repeats.
    const own = { key: randomBytes(32).toString('hex'), bodyHash: '', note };
    const claimed = claim && { key: claimKeyOf(actor.principal.id, claim), bodyHash: claim.bodyHash, note };
    const { outcomes, repeated } = await store.commit({
      principalId: actor.principal.id,
      requestId: actor.requestId,
      changes,
      idempotency: claimed ?? (isSplit ? own : null),
    });
    if (repeated !== null) return this.#repeated(repeated, claim);
    const refused = outcomes.find((outcome) => !outcome.ok);
    if (refused?.ok === false) {
      if (refused.code === 'REVISION_CONFLICT') return null;
      throw new HandleError(refused.code, refused.message);
    }
    const [first, second] = await this.#written(
      drafts.map(({ id }) => id),
      outcomes,
    );
    return told(first as Lot, second ?? null, lot === null ? 'created' : 'updated');
  }

  async #repeatOf(actor: Actor, claim: IdempotencyClaim | null): Promise<LotResult | null> {
    if (claim === null) return null;
    const { store, clock } = this.#options;
    const stored = await store.idempotencyResult(claimKeyOf(actor.principal.id, claim), clock());
    return stored === null ? null : this.#repeated(stored, claim);
  }

  async #repeated(stored: IdempotencyResult, claim: IdempotencyClaim | null): Promise<LotResult> {
    if (claim !== null) assertSameBody(stored.bodyHash, claim);
    const refused = stored.outcomes.find((outcome) => !outcome.ok);
    if (refused?.ok === false) throw new HandleError(refused.code, refused.message);
    const [first, second] = await this.#written(JSON.parse(stored.note) as LotId[], stored.outcomes);
    const lot = first as Lot;
    return { lot, part: second ?? null, outcome: lot.revision === 1 ? 'created' : 'updated', repeated: true };
  }

  /** The states that were written, whatever has come of them since. */
  #written(ids: readonly LotId[], outcomes: readonly ChangeOutcome[]): Promise<readonly Lot[]> {
    return Promise.all(
      ids.map(async (id, i) => {
        const outcome = outcomes[i];
        const revision = outcome?.ok === true ? outcome.revision : 0;
        const [state] = await this.#options.store.lotVersions(id, revision - 1, 1);
        if (state?.revision !== revision) throw new HandleError('INTERNAL', 'A lot that was written is not there.');
        return state;
      }),
    );
  }

  async #find(actor: Actor, id: string): Promise<{ lot: Lot | null; verdict: HandleError | null }> {
    if (!isLotId(id)) throw absent(id);
    const { holdings, store } = this.#options;
    const verdict = await holdings.judgeRead(actor.principal, `${prefixOfLot(id)}/` as Handle);
    return { lot: verdict === null ? await store.lot(id) : null, verdict };
  }
}

function decided(drafts: Drafts, holder: Enterprise | null = null): Decided {
  return { drafts, quota: holder?.quota ?? null };
}

function told(lot: Lot, part: Lot | null, outcome: LotResult['outcome']): LotResult {
  return { lot, part, outcome, repeated: false };
}

function draftOf(lot: Lot): LotDraft {
  const { revision: _r, createdAt: _c, updatedAt: _u, ...draft } = lot;
  return draft;
}

function saysTheSame(lot: Lot, draft: LotDraft): boolean {
  return JSON.stringify(draftOf(lot)) === JSON.stringify(draft);
}

function assertRevision({ id, revision }: Lot, ifMatch: number | null): void {
  if (ifMatch === null || ifMatch === revision) return;
  const message = `Lot ${id} is at revision ${revision}, not ${ifMatch}: read it again and repeat the change.`;
  throw new HandleError('REVISION_CONFLICT', message);
}

function absent(id: string): HandleError {
  return new HandleError('NOT_FOUND', `There is no lot ${id.slice(0, 100)}.`);
}

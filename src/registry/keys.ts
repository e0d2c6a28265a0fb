// Keys: issued, replaced and revoked. A token leaves this room once, with the answer that made it.

import { HandleError } from '../domain/error.ts';
import {
  MAX_COMMIT_ATTEMPTS,
  MAX_KEY_GRACE_MS,
  MAX_NAME_LENGTH,
  MAX_PAGE_SIZE,
  MAX_SUBJECT_LENGTH,
} from '../domain/limits.ts';
import type { AccessKey } from '../domain/principal.ts';
import type { RegistryStore } from '../store/registry-store.ts';
import { assertOperator, seesEveryone } from './authorization.ts';
import { changeOne, commitOne, type Stored } from './commit-one.ts';
import { existingPrincipal } from './principals.ts';
import type { Actor } from './registration.ts';
import type { IssuedKey, NewKey } from './registry.ts';
import { assertLine, pageSizeOf } from './text-rules.ts';
import { certificateHashOf, makeId, makeToken, type RandomBytes, tokenHashOf } from './tokens.ts';

type KeyDraft = Omit<AccessKey, 'revision' | 'createdAt' | 'updatedAt'>;

export class Keys {
  readonly #store: RegistryStore;
  readonly #clock: () => number;
  readonly #randomBytes: RandomBytes;

  constructor(store: RegistryStore, clock: () => number, randomBytes: RandomBytes) {
    this.#store = store;
    this.#clock = clock;
    this.#randomBytes = randomBytes;
  }

  async issue(actor: Actor, given: NewKey): Promise<IssuedKey> {
    await this.#assertIssuable(actor, given);
    const { token, key } = draftKey(given, this.#randomBytes);
    const stored = await commitOne(this.#store, actor, { kind: 'put-key', expectedRevision: 0, key });
    if (stored === null) throw new HandleError('INTERNAL', 'Two keys got the same random name.');
    return { token, key: asStored(key, stored, stored.at) };
  }

  /** A subject that was revoked or has expired may be registered again, for whomever, and keeps its id. */
  async registerCertificate(actor: Actor, given: NewKey, subject: string): Promise<AccessKey> {
    await this.#assertIssuable(actor, given);
    assertLine(subject, 'certificate', MAX_SUBJECT_LENGTH);
    const { principalId, label, expiresAt } = given;
    const tokenHash = certificateHashOf(subject);
    return changeOne(this.#store, actor, async () => {
      const current = await this.#store.keyByHash(tokenHash);
      if (current !== null && !isOver(current, this.#clock())) {
        throw new HandleError('ALREADY_EXISTS', `"${subject}" is key ${current.id} already: revoke that one first.`);
      }
      const id = current?.id ?? makeId('k', this.#randomBytes);
      const key: KeyDraft = {
        id,
        principalId,
        tokenHash,
        certificateSubject: subject,
        label,
        expiresAt,
        revokedAt: null,
      };
      return {
        change: { kind: 'put-key', expectedRevision: current?.revision ?? 0, key },
        make: (stored) => asStored(key, stored, current?.createdAt ?? stored.at),
      };
    });
  }

  async #assertIssuable(actor: Actor, given: NewKey): Promise<void> {
    assertOperator(actor.principal, 'issue keys');
    assertLine(given.label, 'label', MAX_NAME_LENGTH);
    if (given.expiresAt !== null && !(Number.isSafeInteger(given.expiresAt) && given.expiresAt > this.#clock())) {
      throw new HandleError('INVALID_REQUEST', 'The expiry lies in the past: give a later instant, or none.', {
        at: '/expiresAt',
      });
    }
    const principal = await existingPrincipal(this.#store, given.principalId);
    if (principal.state !== 'active') {
      throw new HandleError('INVALID_STATE', `Principal ${principal.id} is disabled: enable it before it gets a key.`);
    }
  }

  /** Operators replace any key, others their own; a replaced key cannot outlive what was granted to it. */
  async rotate(actor: Actor, id: string, graceMs: number): Promise<IssuedKey> {
    if (!Number.isInteger(graceMs) || graceMs < 0 || graceMs > MAX_KEY_GRACE_MS) {
      throw new HandleError('INVALID_REQUEST', `The grace lies between 0 and ${MAX_KEY_GRACE_MS / 1000} seconds.`, {
        at: '/graceSeconds',
      });
    }
    for (let attempt = 1; attempt <= MAX_COMMIT_ATTEMPTS; attempt++) {
      const issued = await this.#tryRotate(actor, id, graceMs);
      if (issued !== null) return issued;
    }
    throw new HandleError('REVISION_CONFLICT', `Others kept changing key ${id}: look at it and repeat.`);
  }

  async revoke(actor: Actor, id: string): Promise<AccessKey> {
    assertOperator(actor.principal, 'revoke keys');
    return changeOne(this.#store, actor, async () => {
      const current = await this.#store.key(id);
      if (current === null) throw new HandleError('NOT_FOUND', `There is no key ${id}.`);
      const now = this.#clock();
      if (current.revokedAt !== null && current.revokedAt <= now) return { stands: current };
      const key: KeyDraft = { ...draftOf(current), revokedAt: now };
      return {
        change: { kind: 'put-key', expectedRevision: current.revision, key },
        make: (stored) => asStored(key, stored, current.createdAt),
      };
    });
  }

  async list(actor: Actor, after: string | null, limit: number): Promise<readonly AccessKey[]> {
    const size = pageSizeOf(limit);
    if (seesEveryone(actor.principal)) return this.#store.keys(after, size);
    const own: AccessKey[] = [];
    for (let at = after; ; ) {
      const page: readonly AccessKey[] = await this.#store.keys(at, MAX_PAGE_SIZE);
      for (const key of page) if (key.principalId === actor.principal.id && own.length < size) own.push(key);
      at = page.at(-1)?.id ?? null;
      if (own.length === size || page.length < MAX_PAGE_SIZE) return own;
    }
  }

  async #tryRotate(actor: Actor, id: string, graceMs: number): Promise<IssuedKey | null> {
    const current = await this.#store.key(id);
    if (current === null || current.principalId !== actor.principal.id) {
      // Who may only rotate their own learns nothing of other keys, not even whether they exist.
      assertOperator(actor.principal, 'replace keys of others');
    }
    if (current === null) throw new HandleError('NOT_FOUND', `There is no key ${id}.`);
    const now = this.#clock();
    if (current.certificateSubject !== undefined) {
      throw new HandleError(
        'INVALID_STATE',
        `Key ${id} is a certificate: its authority renews it, and the same subject goes on working.`,
      );
    }
    if (current.revokedAt !== null || (current.expiresAt !== null && current.expiresAt <= now)) {
      throw new HandleError(
        'INVALID_STATE',
        `Key ${id} has been replaced, revoked or has expired: an operator can issue another.`,
      );
    }
    const { token, key } = draftKey(current, this.#randomBytes);
    const old: KeyDraft = { ...draftOf(current), revokedAt: now + graceMs };
    const { outcomes } = await this.#store.commit({
      principalId: actor.principal.id,
      requestId: actor.requestId,
      changes: [
        { kind: 'put-key', expectedRevision: current.revision, key: old },
        { kind: 'put-key', expectedRevision: 0, key },
      ],
      // Never repeated: it makes the two changes one, so that a lost race leaves no key behind.
      idempotency: { key: key.tokenHash, bodyHash: key.tokenHash, note: '' },
    });
    const stored = outcomes[1];
    if (outcomes[0]?.ok !== true || stored?.ok !== true) return null;
    return { token, key: asStored(key, stored, stored.at) };
  }
}

/** A new key and its token. */
export function draftKey(
  given: Pick<KeyDraft, 'principalId' | 'label' | 'expiresAt'>,
  randomBytes: RandomBytes,
): { token: string; key: KeyDraft } {
  const { principalId, label, expiresAt } = given;
  const token = makeToken(randomBytes);
  const id = makeId('k', randomBytes);
  return { token, key: { id, principalId, tokenHash: tokenHashOf(token), label, expiresAt, revokedAt: null } };
}

function isOver(key: AccessKey, nowMs: number): boolean {
  return (key.revokedAt !== null && key.revokedAt <= nowMs) || (key.expiresAt !== null && key.expiresAt <= nowMs);
}

function draftOf(key: AccessKey): KeyDraft {
  const { revision: _r, createdAt: _c, updatedAt: _u, ...draft } = key;
  return draft;
}

function asStored(key: KeyDraft, stored: Stored, createdAt: number): AccessKey {
  return { ...key, revision: stored.revision, createdAt, updatedAt: stored.at };
}

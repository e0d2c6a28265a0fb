// The first operator of a registry that has none, because it is empty or moved in here: who else could let anyone in?

import { HandleError } from '../domain/error.ts';
import { MAX_PAGE_SIZE } from '../domain/limits.ts';
import type { RegistryStore } from '../store/registry-store.ts';
import { draftKey } from './keys.ts';
import type { RandomBytes } from './tokens.ts';

const FIRST_OPERATOR = 'operator';

export interface FirstOperatorOptions {
  readonly store: RegistryStore;
  readonly randomBytes: RandomBytes;
  /** Gets the token before it opens anything: a crash in between must not leave a registry that nobody can enter. */
  readonly keep?: (token: string) => void;
  /** Does it while no other node of this registry does: else two might keep a token, and one of them opens nothing. */
  readonly alone?: (work: () => Promise<string | null>) => Promise<string | null>;
}

/** The token of a new principal `operator`; null if there is an operator. Keep it where only the operator reads. */
export async function createFirstOperator(options: FirstOperatorOptions): Promise<string | null> {
  if (await hasOperator(options.store)) return null;
  const { alone = (work) => work() } = options;
  return alone(() => createOperator(options));
}

async function createOperator({ store, randomBytes, keep }: FirstOperatorOptions): Promise<string | null> {
  if (await hasOperator(store)) return null;
  const { token, key } = draftKey({ principalId: FIRST_OPERATOR, label: 'first key', expiresAt: null }, randomBytes);
  keep?.(token);
  const { outcomes } = await store.commit({
    principalId: FIRST_OPERATOR,
    requestId: 'first-start',
    changes: [
      {
        kind: 'put-principal',
        expectedRevision: 0,
        principal: { id: FIRST_OPERATOR, name: 'Operator', role: 'operator', scope: null, state: 'active' },
      },
      { kind: 'put-key', expectedRevision: 0, key },
    ],
    // Never repeated: it makes the two changes one, so that no key is left behind if another start was faster.
    idempotency: { key: key.tokenHash, bodyHash: key.tokenHash, note: '' },
  });
  if (outcomes.every((outcome) => outcome.ok)) return token;
  if (await hasOperator(store)) return null;
  throw new HandleError('INTERNAL', 'The store refused the first operator.');
}

/** Enterprises that moved in brought no operator along. */
async function hasOperator(store: Pick<RegistryStore, 'principal' | 'principals'>): Promise<boolean> {
  if ((await store.principal(FIRST_OPERATOR)) !== null) return true;
  for (let after: string | null = null; ; ) {
    const page: Awaited<ReturnType<RegistryStore['principals']>> = await store.principals(after, MAX_PAGE_SIZE);
    if (page.some(({ role }) => role === 'operator')) return true;
    after = page.at(-1)?.id ?? null;
    if (page.length < MAX_PAGE_SIZE) return false;
  }
}

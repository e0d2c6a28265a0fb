// The first operator of an empty registry: who else could let anyone in?

import { HandleError } from '../domain/error.ts';
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

/** The token of a new principal `operator`; null if any principal exists. Keep it where only the operator reads. */
export async function createFirstOperator(options: FirstOperatorOptions): Promise<string | null> {
  if ((await options.store.principals(null, 1)).length > 0) return null;
  const { alone = (work) => work() } = options;
  return alone(() => createOperator(options));
}

async function createOperator({ store, randomBytes, keep }: FirstOperatorOptions): Promise<string | null> {
  if ((await store.principals(null, 1)).length > 0) return null;
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
  if ((await store.principals(null, 1)).length > 0) return null;
  throw new HandleError('INTERNAL', 'The store refused the first operator.');
}

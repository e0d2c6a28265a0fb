// Who asks through an interface of the handle system: the holder of a key, or an administrator whom the values of handles
// name. Says in which role an administrator acts, so that the registry's own rules hold for both.

import type { Prefix } from '../domain/prefix.ts';
import type { Principal } from '../domain/principal.ts';
import type { HandleIdentity } from './handle-authority.ts';

export type Requester =
  | { readonly kind: 'key'; readonly principal: Principal }
  | { readonly kind: 'handle'; readonly identity: HandleIdentity };

/** How the change log names an administrator. */
function nameOfIdentity({ index, handle }: HandleIdentity): string {
  return `${index}:${handle}`;
}

/**
 * The principal as which an administrator acts on a handle that HS_ADMIN values allow it to act on. What no enterprise
 * holds is the operator's, and so are the values that name its administrators; under an enterprise's prefix an
 * administrator is no more than the enterprise.
 */
export function principalOfIdentity(
  identity: HandleIdentity,
  target: { readonly prefix: Prefix; readonly isOperators: boolean },
): Principal {
  const name = nameOfIdentity(identity);
  const stored = { state: 'active', revision: 1, createdAt: 0, updatedAt: 0 } as const;
  return target.isOperators
    ? { id: name, name, role: 'operator', scope: null, ...stored }
    : { id: name, name, role: 'enterprise', scope: target.prefix, ...stored };
}

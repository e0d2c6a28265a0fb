// Routes: which upstream is asked for what is not ours. Pure; nobody is asked here.

import { type Handle, responsiblePrefixOf } from './handle.ts';
import { isWithin } from './prefix.ts';
import { type Scheme, schemeOf } from './scheme.ts';

/** What an upstream may be asked for, and believed about. */
export interface Route {
  /** Unique; what metrics and messages call it. */
  readonly name: string;
  readonly scheme: Scheme;
  /** Of handles: prefixes with everything below them, or `*` for all; whole segments count. Others have `*` alone. */
  readonly prefixes: readonly string[];
}

/**
 * The route of a handle, or null: the longest prefix wins, then the route that names the scheme itself (`vaa` over
 * `handle`, which covers it too), then the first.
 */
export function routeOf<R extends Route>(handle: Handle, routes: readonly R[]): R | null {
  if (routes.length === 0) return null;
  const { scheme } = schemeOf(handle);
  const prefix = responsiblePrefixOf(handle);
  let best: R | null = null;
  let bestRank = 0;
  for (const route of routes) {
    const isOwnScheme = route.scheme === scheme;
    if (!isOwnScheme && !(scheme === 'vaa' && route.scheme === 'handle')) continue;
    const length = longestPattern(prefix, route.prefixes);
    if (length < 0) continue;
    const rank = 1 + 2 * length + (isOwnScheme ? 1 : 0);
    if (rank > bestRank) {
      best = route;
      bestRank = rank;
    }
  }
  return best;
}

/** Characters of the longest pattern that covers `prefix`; 0 for `*`, −1 for none. */
function longestPattern(prefix: string, patterns: readonly string[]): number {
  let longest = -1;
  for (const pattern of patterns) {
    if (pattern === '*') longest = Math.max(longest, 0);
    else if (pattern.length > longest && isWithin(prefix, pattern)) longest = pattern.length;
  }
  return longest;
}

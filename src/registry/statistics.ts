// Who may see which statistics. What was counted is the store's.

import { prefixHandleOf } from '../domain/handle.ts';
import { parsePrefix } from '../domain/prefix.ts';
import type { StatisticsPage, StatisticsQuery, StatisticsReader } from '../store/registry-store.ts';
import { assertSeesEveryone } from './authorization.ts';
import type { Actor } from './registration.ts';
import type { ReadAccess } from './registry.ts';

/** `prefix` null: all of them, which operators and reviewers may ask for; others get their own. */
export interface StatisticsAsked extends Omit<StatisticsQuery, 'prefix'> {
  readonly prefix: string | null;
}

/** Throws `FORBIDDEN`, `INVALID_PREFIX`. */
export interface Statistics {
  read(actor: Actor, asked: StatisticsAsked): Promise<StatisticsPage>;
}

export function createStatistics(store: StatisticsReader, access: ReadAccess): Statistics {
  return {
    async read({ principal }, asked) {
      const prefix = asked.prefix === null ? principal.scope : parsePrefix(asked.prefix);
      if (prefix === null) {
        assertSeesEveryone(principal, 'read statistics of all prefixes');
        return store.statistics({ ...asked, prefix });
      }
      const denial = await access.judgeRead(principal, prefixHandleOf(prefix));
      if (denial !== null) throw denial;
      return store.statistics({ ...asked, prefix });
    },
  };
}

// A dry run of an import: rows whose parent an earlier call of the same run would create are foreseen as created, too.
// A node that is only asked keeps nothing from one call to the next, so this remembers it. Changes nothing.

import type { Handle } from '../domain/handle.ts';
import { prefixOf, suffixOf } from '../domain/handle.ts';
import { MAX_FORESEEN_HANDLES } from '../domain/import-limits.ts';
import { foldAsciiCase } from '../domain/prefix.ts';
import type { ImportResult, ImportTarget } from './import-loop.ts';

/**
 * Wraps a target that answers for a dry run. How deep such a chain stands is not checked; the import itself does.
 * What goes beyond MAX_FORESEEN_HANDLES is answered as the target does. `isParent`: whether a handle is worth remembering.
 */
export function dryRunTarget<Item extends string | object>(
  target: ImportTarget<Item>,
  isParent = (_handle: string): boolean => true,
): ImportTarget<Item> {
  const foreseen = new Set<string>();
  return {
    async register(items) {
      const results = await target.register(items);
      return results.map((result, i) => {
        const answer = isForeseen(result, items[i] as Item, foreseen) ? asCreated(result) : result;
        const isNew = answer.outcome === 'created' && foreseen.size < MAX_FORESEEN_HANDLES;
        if (isNew && isParent(answer.handle)) foreseen.add(answer.handle);
        return answer;
      });
    },
  };
}

/** A parent that would be created does not stand yet: within one prefix, that alone can be what was wrong with it. */
function isForeseen(result: ImportResult, item: string | object, foreseen: ReadonlySet<string>): boolean {
  if (result.outcome !== 'refused' || result.code !== 'INVALID_PARENT') return false;
  const { parent } = (typeof item === 'string' ? JSON.parse(item) : item) as { readonly parent?: unknown };
  if (typeof parent !== 'string' || !parent.includes('/')) return false;
  const prefix = foldAsciiCase(prefixOf(parent as Handle));
  const canonical = `${prefix}/${suffixOf(parent as Handle)}`;
  return prefix === prefixOf(result.handle as Handle) && canonical !== result.handle && foreseen.has(canonical);
}

function asCreated({ handle }: ImportResult): ImportResult {
  return { outcome: 'created', handle, revision: 0 };
}

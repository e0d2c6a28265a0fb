// Whether a record may have a parent: the rules of inheritance that every store checks inside its transaction. Pure.

import type { Saying } from '../domain/error.ts';
import { type Handle, prefixOf } from '../domain/handle.ts';
import { MAX_DESCENDANTS_CHECKED, MAX_INHERITANCE_DEPTH } from '../domain/limits.ts';

/** The records as the transaction sees them. */
export interface Lineage {
  /** Undefined if there is no live record of this handle, null if it has no parent. */
  parentOf(handle: Handle): Handle | null | undefined;
  /** Children of a handle, live or not; at most `limit`. */
  childrenOf(handle: Handle, limit: number): readonly Handle[];
  /** Whether a lot has this handle as its parent: then codes stand a step below it. */
  hasLots(handle: Handle): boolean;
}

/** Null if `parent` may be the parent of `handle`, else what is wrong and how to mend it. */
export function judgeParent(handle: Handle, parent: Handle, lineage: Lineage): Saying | null {
  if (prefixOf(parent) !== prefixOf(handle)) {
    return {
      en: `${parent} has another prefix: a parent must be under the same prefix as its child.`,
      zh: `上级标识 ${parent} 的前缀不同：上级与下级须在同一前缀下。`,
    };
  }
  let depth = 2;
  let ancestor: Handle = parent;
  for (;;) {
    if (ancestor === handle) return descends(handle, parent);
    const next = lineage.parentOf(ancestor);
    if (next === undefined) {
      if (ancestor === parent) return absent(parent);
      break; // an ancestor was deleted: what is above it is no longer inherited
    }
    if (next === null) break;
    depth += 1;
    if (depth > MAX_INHERITANCE_DEPTH) return tooDeep(parent);
    ancestor = next;
  }
  return judgeDescendants(handle, depth, lineage) ? null : tooDeep(parent);
}

/** Whether everything below `handle` stays within the depth if `handle` itself stands at `depth`. */
function judgeDescendants(handle: Handle, depth: number, lineage: Lineage): boolean {
  let level: readonly Handle[] = [handle];
  let left = MAX_DESCENDANTS_CHECKED;
  for (let at = depth; level.length > 0; at++) {
    if (at > MAX_INHERITANCE_DEPTH) return false;
    const next: Handle[] = [];
    for (const member of level) {
      if (at === MAX_INHERITANCE_DEPTH && lineage.hasLots(member)) return false;
      // One more than may be looked at, so that "too many" shows.
      const children = lineage.childrenOf(member, left + 1);
      left -= children.length;
      if (left < 0) return false;
      next.push(...children);
    }
    level = next;
  }
  return true;
}

function descends(handle: Handle, parent: Handle): Saying {
  return {
    en: `${parent} descends from ${handle}, or is it: choose a parent that does not.`,
    zh: `上级标识 ${parent} 就是 ${handle} 或其下级，形成循环：请另选上级。`,
  };
}

function absent(parent: Handle): Saying {
  return {
    en: `${parent} does not exist: register it first.`,
    zh: `上级标识 ${parent} 不存在：请先登记。`,
  };
}

function tooDeep(parent: Handle): Saying {
  return {
    en:
      `With ${parent} as its parent a chain would have more than ${MAX_INHERITANCE_DEPTH} records, ` +
      `or too many descendants (${MAX_DESCENDANTS_CHECKED}) to be sure: choose a parent nearer to the root.`,
    zh: `以 ${parent} 为上级时，层级将超过 ${MAX_INHERITANCE_DEPTH} 级，或下级过多（${MAX_DESCENDANTS_CHECKED}）无法确认：请选更靠近根的上级。`,
  };
}

/**
 * For records that come from another node in any order: a parent that is not there yet counts as a root, and a record
 * with more children than may be looked at as one without. Checking a store finds chains that became too long.
 */
export function hopeful(lineage: Lineage): Lineage {
  return {
    parentOf: (handle) => lineage.parentOf(handle) ?? null,
    childrenOf: (handle, limit) => {
      const children = lineage.childrenOf(handle, limit);
      return children.length < limit ? children : [];
    },
    hasLots: () => false,
  };
}

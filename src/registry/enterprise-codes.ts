// Enterprise prefixes: which may be taken, and which code comes next. Pure.

import { HandleError } from '../domain/error.ts';
import { homeOf, isIndustrialPrefix, isWithin, type Prefix, parsePrefix } from '../domain/prefix.ts';
import type { Homes } from './admission.ts';

const FIRST_CODE = 10_001;
/** Codes that take part in counting: decimal, no leading zero, so that one odd long code does not lift all later ones. */
const COUNTED_CODE = /^[1-9]\d{0,8}$/;

/** Throws `INVALID_PREFIX`, `NOT_RESPONSIBLE` or `INVALID_REQUEST` unless an enterprise may hold it. */
export function parseEnterprisePrefix(text: string, homes: Homes): Prefix {
  const prefix = parsePrefix(text);
  const { ownPrefix, homed } = homes;
  if (homeOf(prefix, homed) === null) {
    throw new HandleError(
      'NOT_RESPONSIBLE',
      `${prefix} is not below a prefix homed here (${homed.map((home) => home.prefix).join(', ')}): have it homed by configuration first.`,
      { at: '/prefix' },
    );
  }
  if (prefix === ownPrefix) {
    throw refused(`${prefix} is the node's own prefix and belongs to no enterprise: give one below it, or none.`);
  }
  if (isWithin(prefix, ownPrefix) && isIndustrialPrefix(ownPrefix) && !isIndustrialPrefix(prefix)) {
    throw refused(
      `Below ${ownPrefix} an enterprise's prefix is one segment of digits more, such as ${ownPrefix}.10023.`,
    );
  }
  return prefix;
}

/** The number of an enterprise directly below the node's own prefix; null if it does not take part in counting. */
export function countedCodeOf(prefix: Prefix, ownPrefix: Prefix): number | null {
  if (!isWithin(prefix, ownPrefix) || prefix === ownPrefix) return null;
  const code = prefix.slice(ownPrefix.length + 1);
  return COUNTED_CODE.test(code) ? Number(code) : null;
}

/** The code after the highest one taken. */
export function prefixAfter(highest: number, ownPrefix: Prefix): Prefix {
  return parsePrefix(`${ownPrefix}.${Math.max(FIRST_CODE, highest + 1)}`);
}

function refused(message: string): HandleError {
  return new HandleError('INVALID_REQUEST', message, { at: '/prefix' });
}

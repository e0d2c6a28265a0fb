// Prefixes: their grammar, their order of segments, and which of them this node is home to.

import { HandleError } from './error.ts';
import { MAX_PREFIX_LENGTH } from './limits.ts';

/** A prefix in canonical form: ASCII upper case, segments divided by `.`; segments are strings, leading zeros count. */
export type Prefix = string & { readonly __brand: 'Prefix' };

/** A prefix that this node answers for, with everything below it. */
export interface HomedPrefix {
  readonly prefix: Prefix;
  /** Whether suffixes under it compare without ASCII case (the reference server's default); fixed when it is homed. */
  readonly foldsCase: boolean;
}

/** The prefixes this node is home to at the moment of the call: they may change while it runs. */
export type Homed = () => readonly HomedPrefix[];

/** What the store remembers of a prefix that is or was homed: its rule of case outlives its being homed. */
export interface Home extends HomedPrefix {
  readonly state: 'homed' | 'unhomed';
  /** Who had it homed: what the settings home ends with them, what an operator homes ends by request. */
  readonly homedBy: 'settings' | 'operator';
  readonly revision: number;
  readonly createdAt: number;
  readonly updatedAt: number;
}

const PREFIX = /^[^\x00-\x20\x7f-\x9f/.]+(\.[^\x00-\x20\x7f-\x9f/.]+)*$/;
const INDUSTRIAL_PREFIX = /^(86|88)\.\d{3,5}(\.\d+)?$/;
const LOWER_CASE = /[a-z]/;

/** ASCII a–z to A–Z and nothing else (RFC 3651 §2: other characters keep their case). */
export function foldAsciiCase(text: string): string {
  return LOWER_CASE.test(text) ? text.replace(/[a-z]+/g, (letters) => letters.toUpperCase()) : text;
}

/** Throws `INVALID_PREFIX`. */
export function parsePrefix(text: string): Prefix {
  if (text.length > MAX_PREFIX_LENGTH || !PREFIX.test(text) || !text.isWellFormed()) {
    throw new HandleError(
      'INVALID_PREFIX',
      `"${text.slice(0, 80)}" is not a prefix: write segments divided by dots, such as 88.118.10023, at most ${MAX_PREFIX_LENGTH} characters.`,
      {
        zh: `“${text.slice(0, 80)}”不是前缀：请用点分隔各段，例如 88.118.10023，最多 ${MAX_PREFIX_LENGTH} 个字符。`,
      },
    );
  }
  return foldAsciiCase(text) as Prefix;
}

/** Whether it has the form `<86|88>.<3–5 digits>[.<digits>]` that the national system allocates. */
export function isIndustrialPrefix(prefix: Prefix): boolean {
  return INDUSTRIAL_PREFIX.test(prefix);
}

/** Whether `prefix` is `scope` or below it. Whole segments: 88.118.100 does not cover 88.118.10023. */
export function isWithin(prefix: string, scope: string): boolean {
  return prefix.startsWith(scope) && (prefix.length === scope.length || prefix.charCodeAt(scope.length) === 0x2e);
}

/** The homed prefix with the most segments that covers `prefix`, or null if the node is not responsible for it. */
export function homeOf(prefix: string, homed: readonly HomedPrefix[]): HomedPrefix | null {
  let best: HomedPrefix | null = null;
  for (const home of homed) {
    if (isWithin(prefix, home.prefix) && (best === null || home.prefix.length > best.prefix.length)) best = home;
  }
  return best;
}

// Option values as commands need them: texts from the command line become numbers or a usage error.

import { type Command, InvalidArgumentError } from 'commander';
import type { ClientFlags } from './client.ts';

/** Options that stand at the program itself and count for every command. */
export interface SharedFlags extends ClientFlags {
  readonly json?: true;
}

export function sharedFlagsOf(command: Command): SharedFlags {
  return command.optsWithGlobals<SharedFlags>();
}

export function parseCount(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('Write a whole number.');
  return Number(text);
}

/** Collects a repeatable option. */
export function collect(text: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), text];
}

/** Path and query, added to the one that is there; what has no value is left out. */
export function pathOf(
  path: string,
  query: Readonly<Record<string, string | number | boolean | undefined>> = {},
): string {
  const given = Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]]));
  return given.length === 0 ? path : `${path}${path.includes('?') ? '&' : '?'}${new URLSearchParams(given)}`;
}

/** A handle in a path: the slash too, so that no segment of it can be taken for `..`. */
export function handlePath(root: string, handle: string): string {
  return `${root}/${encodeURIComponent(handle)}`;
}

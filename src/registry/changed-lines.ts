// A differential export: of all that the change log has behind a sequence, the lines as they are now, each once and in the
// order of the last changes. Taken in behind the exports before it, it makes the same registry. Holds nothing that grows.

import type { ChangeEntry } from '../domain/change.ts';
import { HandleError } from '../domain/error.ts';
import { type Handle, prefixOf, responsiblePrefixOf } from '../domain/handle.ts';
import { type LotId, prefixOfLot } from '../domain/lot.ts';
import { isWithin, type Prefix } from '../domain/prefix.ts';
import type { Principal } from '../domain/principal.ts';
import type { DirectoryReader, JournalReader } from '../store/registry-store.ts';
import { type ExportOptions, historyOf, READS_AT_ONCE } from './export-lines.ts';
import { formatEntityLine, formatRecordLine } from './preserved-json.ts';
import { formatLotLine, statesOf } from './preserved-lot.ts';
import { formatTemplateLine } from './preserved-template.ts';

export interface ChangedOptions extends Omit<ExportOptions, 'withHistory' | 'store'> {
  readonly store: ExportOptions['store'] &
    Pick<JournalReader, 'changes'> &
    Pick<DirectoryReader, 'enterprise' | 'principal' | 'key'>;
  /** Sequence of the last row that is known already. */
  readonly since: number;
  /** That of the newest row there is. */
  readonly newest: number;
  /** Rows it goes through at most. */
  readonly maxRows?: number;
}

/** Of whom a line is; `revision` null: as it is now. */
export interface Subject {
  readonly subject: ChangeEntry['subject'];
  readonly name: string;
  readonly revision: number | null;
}

interface LineNames {
  readonly kind: ChangeEntry['subject'];
  readonly handle?: string;
  readonly prefix?: string;
  readonly id?: string;
  readonly revision: number;
}

/** Of a line of an export. */
export function subjectOfLine(line: string): Subject {
  const { kind, handle, prefix, id, revision } = JSON.parse(line) as LineNames;
  // Each version of a template has a line of its own.
  return { subject: kind, name: handle ?? prefix ?? id ?? '', revision: kind === 'template' ? revision : null };
}

/** Rows of the first read, as one may have thousands of entries, and entries that later ones aim at. */
const FIRST_ROWS = 4;
const ENTRIES_AT_ONCE = 1000;
const MAX_ROWS_AT_ONCE = 256;

/**
 * Pages of lines, deletions among them; in the end the sequence they reach to, which is the log's end as of then unless
 * `maxRows` was reached. Throws `INVALID_REQUEST` if the log ends before `since`.
 */
export async function* changedLines(options: ChangedOptions): AsyncGenerator<readonly string[], number> {
  const { store, since, newest, maxRows = Number.POSITIVE_INFINITY } = options;
  if (since > newest) {
    throw new HandleError(
      'INVALID_REQUEST',
      `The change log ends at ${newest}, so ${since} is of another one, or of before a restore: begin with a full export.`,
    );
  }
  let after = since;
  for (let size = FIRST_ROWS, left = maxRows; left > 0; ) {
    const rows = await store.changes(after, Math.min(size, left));
    const entries = rows.flatMap((row) => row.entries);
    for (let i = 0; i < entries.length; i += READS_AT_ONCE) {
      const lines = await Promise.all(entries.slice(i, i + READS_AT_ONCE).map((entry) => lineOf(options, entry)));
      yield lines.filter((line) => line !== null);
    }
    after = rows.at(-1)?.sequence ?? after;
    if (rows.length < Math.min(size, left)) break;
    left -= rows.length;
    size = Math.min(MAX_ROWS_AT_ONCE, Math.ceil((ENTRIES_AT_ONCE * rows.length) / Math.max(1, entries.length)));
  }
  return after;
}

type LineOptions = Pick<ChangedOptions, 'store' | 'scope' | 'withKeys'>;

/** Null if there is none, or, but for new lots, if it has another revision: then an earlier or later entry of the log has the line. */
export async function lineOf(options: LineOptions, { subject, name, revision }: Subject): Promise<string | null> {
  const { store } = options;
  const isIt = (one: { readonly revision: number } | null | undefined): boolean => {
    return one !== null && one !== undefined && (revision === null || one.revision === revision);
  };
  const reaches = (prefix: Prefix): boolean => options.scope === null || isWithin(prefix, options.scope);
  switch (subject) {
    case 'record':
      return reaches(responsiblePrefixOf(name as Handle)) ? recordLine(store, name as Handle, revision) : null;
    case 'template':
      return reaches(prefixOf(name as Handle)) ? templateLine(store, name as Handle, revision) : null;
    case 'lot': {
      const lot = reaches(prefixOfLot(name as LotId)) ? await store.lot(name as LotId) : null;
      // Where it was made too: codes that became records behind that must find it there, as it has no room for many.
      return lot !== null && (isIt(lot) || revision === 1) ? formatLotLine(await statesOf(store, lot, true)) : null;
    }
    case 'enterprise': {
      const enterprise = reaches(name as Prefix) ? await store.enterprise(name as Prefix) : null;
      return enterprise !== null && isIt(enterprise) ? formatEntityLine('enterprise', enterprise) : null;
    }
    case 'home': {
      const home = (await store.homes()).find(({ prefix }) => prefix === name);
      const isOurs = home?.homedBy === 'operator' && isIt(home) && reaches(home.prefix);
      return isOurs ? formatEntityLine('home', home) : null;
    }
    case 'principal': {
      const principal = await store.principal(name);
      return principal !== null && isIt(principal) && moves(options, principal)
        ? formatEntityLine('principal', principal)
        : null;
    }
    case 'key': {
      const key = options.withKeys ? await store.key(name) : null;
      const owner = key !== null && isIt(key) ? await store.principal(key.principalId) : null;
      return key !== null && owner !== null && moves(options, owner) ? formatEntityLine('key', key) : null;
    }
    default:
      return null;
  }
}

/** Operators and their keys stay with their node. */
function moves({ scope }: LineOptions, principal: Principal): boolean {
  if (principal.role === 'operator') return false;
  return scope === null || (principal.scope !== null && isWithin(principal.scope, scope));
}

async function recordLine(
  store: ChangedOptions['store'],
  handle: Handle,
  revision: number | null,
): Promise<string | null> {
  const state = await store.state(handle);
  if (state === null || (revision !== null && state.revision !== revision)) return null;
  return formatRecordLine(handle, state, await historyOf(store, state));
}

/** Every version has a line of its own, which names the one before it. */
async function templateLine(
  store: ChangedOptions['store'],
  handle: Handle,
  wanted: number | null,
): Promise<string | null> {
  const revision = wanted ?? (await store.template(handle))?.revision ?? 0;
  const versions = await store.templateVersions(handle, Math.max(0, revision - 2), 2);
  const own = versions.find((version) => version.revision === revision);
  const before = versions.find((version) => version.revision < revision);
  return own === undefined ? null : formatTemplateLine(own, before?.revision ?? 0);
}

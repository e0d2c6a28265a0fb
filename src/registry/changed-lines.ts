// A differential export: of all that the change log has behind a sequence, the lines as they are now, each once and in the
// order of the last changes. Taken in behind the exports before it, it makes the same registry. Holds nothing that grows.

import type { ChangeEntry } from '../domain/change.ts';
import { HandleError } from '../domain/error.ts';
import { type Handle, prefixOf, responsiblePrefixOf } from '../domain/handle.ts';
import { type LotId, prefixOfLot } from '../domain/lot.ts';
import { isWithin, type Prefix } from '../domain/prefix.ts';
import type { Principal } from '../domain/principal.ts';
import type { DirectoryReader, JournalReader } from '../store/registry-store.ts';
import { type ExportOptions, historyOf } from './export-lines.ts';
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
}

/** Rows read at once: one may have thousands of entries. */
const ROWS_AT_ONCE = 4;
/** Lines of a page: each may be a record with its history. */
const LINES_AT_ONCE = 200;

/** Pages of lines, deletions among them. Throws `INVALID_REQUEST` if the log ends before `since`. */
export async function* changedLines(options: ChangedOptions): AsyncGenerator<readonly string[]> {
  const { store, since, newest } = options;
  if (since > newest) {
    throw new HandleError(
      'INVALID_REQUEST',
      `The change log ends at ${newest}, so ${since} is of another one, or of before a restore: begin with a full export.`,
    );
  }
  let lines: string[] = [];
  for (let after = since; ; ) {
    const rows = await store.changes(after, ROWS_AT_ONCE);
    for (const { sequence, entries } of rows) {
      for (const entry of entries) {
        const line = await lineOf(options, entry);
        if (line !== null) lines.push(line);
        if (lines.length < LINES_AT_ONCE) continue;
        yield lines;
        lines = [];
      }
      after = sequence;
    }
    if (rows.length < ROWS_AT_ONCE) break;
  }
  yield lines;
}

/** Null unless the entry tells of the last change there was: then an earlier or later one has the line. */
async function lineOf(options: ChangedOptions, { subject, name, revision }: ChangeEntry): Promise<string | null> {
  const { store } = options;
  const reaches = (prefix: Prefix): boolean => options.scope === null || isWithin(prefix, options.scope);
  switch (subject) {
    case 'record':
      return reaches(responsiblePrefixOf(name as Handle)) ? recordLine(store, name as Handle, revision) : null;
    case 'template':
      return reaches(prefixOf(name as Handle)) ? templateLine(store, name as Handle, revision) : null;
    case 'lot': {
      const lot = reaches(prefixOfLot(name as LotId)) ? await store.lot(name as LotId) : null;
      return lot?.revision === revision ? formatLotLine(await statesOf(store, lot, true)) : null;
    }
    case 'enterprise': {
      const enterprise = reaches(name as Prefix) ? await store.enterprise(name as Prefix) : null;
      return enterprise?.revision === revision ? formatEntityLine('enterprise', enterprise) : null;
    }
    case 'home': {
      const home = (await store.homes()).find(({ prefix }) => prefix === name);
      const isOurs = home?.revision === revision && home.homedBy === 'operator' && reaches(home.prefix);
      return isOurs ? formatEntityLine('home', home) : null;
    }
    case 'principal': {
      const principal = await store.principal(name);
      return principal?.revision === revision && moves(options, principal)
        ? formatEntityLine('principal', principal)
        : null;
    }
    case 'key': {
      const key = options.withKeys ? await store.key(name) : null;
      const owner = key?.revision === revision ? await store.principal(key.principalId) : null;
      return key !== null && owner !== null && moves(options, owner) ? formatEntityLine('key', key) : null;
    }
    default:
      return null;
  }
}

/** Operators and their keys stay with their node. */
function moves({ scope }: ChangedOptions, principal: Principal): boolean {
  if (principal.role === 'operator') return false;
  return scope === null || (principal.scope !== null && isWithin(principal.scope, scope));
}

async function recordLine(store: ChangedOptions['store'], handle: Handle, revision: number): Promise<string | null> {
  const state = await store.state(handle);
  if (state?.revision !== revision) return null;
  return formatRecordLine(handle, state, await historyOf(store, state));
}

/** Every version has a line of its own, which names the one before it. */
async function templateLine(store: ChangedOptions['store'], handle: Handle, revision: number): Promise<string | null> {
  const versions = await store.templateVersions(handle, Math.max(0, revision - 2), 2);
  const own = versions.find((version) => version.revision === revision);
  const before = versions.find((version) => version.revision < revision);
  return own === undefined ? null : formatTemplateLine(own, before?.revision ?? 0);
}

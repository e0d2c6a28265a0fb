// Everything a registry holds as lines of an export, page by page in constant memory: prefixes that an operator had homed,
// enterprises, principals, templates, lots, then records in the order of their handles. The same registry gives the same bytes,
// wherever it is.

import { type Handle, prefixOf, responsiblePrefixOf } from '../domain/handle.ts';
import { MAX_PAGE_SIZE, MAX_PRESERVED_STATES } from '../domain/limits.ts';
import type { LotId } from '../domain/lot.ts';
import { isWithin, type Prefix } from '../domain/prefix.ts';
import type { Template } from '../domain/template.ts';
import type {
  DirectoryReader,
  HistoryEntry,
  HomeReader,
  LotReader,
  RecordReader,
  RecordState,
  RegistryScanner,
  TemplateReader,
} from '../store/registry-store.ts';
import { formatEntityLine, formatRecordLine, type StateLine } from './preserved-json.ts';
import { formatLotLine, statesOf } from './preserved-lot.ts';
import { formatTemplateLine } from './preserved-template.ts';

/** Templates of one page: each may take MAX_TEMPLATE_BYTES. */
const TEMPLATES_AT_ONCE = 50;
/** Lots of one page: each with its states. */
const LOTS_AT_ONCE = 50;

export interface ExportOptions {
  readonly store: RegistryScanner &
    TemplateReader &
    LotReader &
    Pick<RecordReader, 'history'> &
    HomeReader &
    Pick<DirectoryReader, 'enterprises' | 'principals' | 'keys'>;
  /** Only this prefix and what is below it; null for everything. */
  readonly scope: Prefix | null;
  /** Earlier states and deleted records too. */
  readonly withHistory: boolean;
  /** Hashes of the keys of those who are not operators. */
  readonly withKeys: boolean;
  /** Where an export that was interrupted goes on: of the records only those behind this one. */
  readonly recordsAfter?: Handle | null;
}

/** Reads on their way at once: some for each connection of a store on another machine, so that none waits long for one. */
export const READS_AT_ONCE = 16;

/** Pages of lines. Operators and their keys stay with their node. */
export async function* exportLines(options: ExportOptions): AsyncGenerator<readonly string[]> {
  yield await homeLines(options);
  yield* enterpriseLines(options);
  yield* principalLines(options);
  yield* templateLines(options);
  yield* lotLines(options);
  let after = options.recordsAfter ?? null;
  for (const prefix of await options.store.prefixes()) {
    if (after !== null && prefix !== prefixOf(after)) continue;
    if (mayHold(prefix, options.scope)) yield* recordLines(options, prefix, after);
    after = null;
  }
}

/** What the settings home stays with them. */
async function homeLines({ store, scope }: ExportOptions): Promise<readonly string[]> {
  const homes = await store.homes();
  return homes
    .filter(({ homedBy, prefix }) => homedBy === 'operator' && (scope === null || isWithin(prefix, scope)))
    .map((home) => formatEntityLine('home', home));
}

async function* enterpriseLines({ store, scope }: ExportOptions): AsyncGenerator<readonly string[]> {
  for (let after: Prefix | null = null; ; ) {
    const page = await store.enterprises(after, MAX_PAGE_SIZE);
    yield page
      .filter(({ prefix }) => scope === null || isWithin(prefix, scope))
      .map((one) => formatEntityLine('enterprise', one));
    after = page.at(-1)?.prefix ?? null;
    if (page.length < MAX_PAGE_SIZE) return;
  }
}

async function* principalLines({ store, scope, withKeys }: ExportOptions): AsyncGenerator<readonly string[]> {
  const owners = new Set<string>();
  for (let after: string | null = null; ; ) {
    const page = await store.principals(after, MAX_PAGE_SIZE);
    const mine = page.filter(
      (one) => one.role !== 'operator' && (scope === null || (one.scope !== null && isWithin(one.scope, scope))),
    );
    for (const { id } of mine) owners.add(id);
    yield mine.map((one) => formatEntityLine('principal', one));
    after = page.at(-1)?.id ?? null;
    if (page.length < MAX_PAGE_SIZE) break;
  }
  for (let after: string | null = null; withKeys; ) {
    const page = await store.keys(after, MAX_PAGE_SIZE);
    yield page.filter(({ principalId }) => owners.has(principalId)).map((one) => formatEntityLine('key', one));
    after = page.at(-1)?.id ?? null;
    if (page.length < MAX_PAGE_SIZE) return;
  }
}

/** A line a version, each template's in order. */
async function* templateLines({ store, scope, withHistory }: ExportOptions): AsyncGenerator<readonly string[]> {
  for (let after: Handle | null = null; ; ) {
    const page = await store.templates(null, after, TEMPLATES_AT_ONCE);
    for (const newest of page) {
      if (scope !== null && !isWithin(prefixOf(newest.handle), scope)) continue;
      if (withHistory) yield* versionLines(store, newest);
      else yield [formatTemplateLine(newest, 0)];
    }
    after = page.at(-1)?.handle ?? null;
    if (page.length < TEMPLATES_AT_ONCE) return;
  }
}

async function* versionLines(store: TemplateReader, { handle, revision }: Template): AsyncGenerator<readonly string[]> {
  for (let after = 0; after < revision; ) {
    const versions = await store.templateVersions(handle, after, TEMPLATES_AT_ONCE);
    const lines: string[] = [];
    for (const version of versions) {
      lines.push(formatTemplateLine(version, after));
      after = version.revision;
    }
    yield lines;
    if (versions.length < TEMPLATES_AT_ONCE) return;
  }
}

/** Before the records: what is a code of one is then counted with it. */
async function* lotLines({ store, scope, withHistory }: ExportOptions): AsyncGenerator<readonly string[]> {
  for (let after: LotId | null = null; ; ) {
    const page = await store.lots(null, after, LOTS_AT_ONCE);
    const lines: string[] = [];
    for (const lot of page) {
      if (scope !== null && !isWithin(lot.prefix, scope)) continue;
      lines.push(formatLotLine(await statesOf(store, lot, withHistory)));
    }
    yield lines;
    after = page.at(-1)?.id ?? null;
    if (page.length < LOTS_AT_ONCE) return;
  }
}

async function* recordLines(
  { store, scope, withHistory }: ExportOptions,
  prefix: Prefix,
  from: Handle | null,
): AsyncGenerator<readonly string[]> {
  for (let after = from; ; ) {
    const page = await store.states(prefix, after, MAX_PAGE_SIZE);
    const ours = page.filter(
      ({ handle, record }) =>
        (scope === null || isWithin(responsiblePrefixOf(handle), scope)) && (withHistory || record !== null),
    );
    const lines: string[] = [];
    for (let i = 0; i < ours.length; i += READS_AT_ONCE) {
      const part = ours.slice(i, i + READS_AT_ONCE);
      const histories = withHistory ? await Promise.all(part.map((state) => historyOf(store, state))) : null;
      for (const [k, state] of part.entries()) {
        lines.push(formatRecordLine(state.handle, state, histories === null ? null : (histories[k] as StateLine[])));
      }
    }
    yield lines;
    after = page.at(-1)?.handle ?? null;
    if (page.length < MAX_PAGE_SIZE) return;
  }
}

/** Prefix handles belong to the prefix they speak of. */
function mayHold(prefix: Prefix, scope: Prefix | null): boolean {
  return scope === null || isWithin(prefix, scope) || prefix === prefixOf('0.NA/' as Handle);
}

/** Earlier states, oldest first. */
export async function historyOf(
  store: Pick<RecordReader, 'history'>,
  { handle, revision }: RecordState,
): Promise<readonly StateLine[]> {
  if (revision === 1) return [];
  const entries: HistoryEntry[] = [];
  for (let before = revision; entries.length < MAX_PRESERVED_STATES; ) {
    const page = await store.history(handle, before, MAX_PAGE_SIZE);
    entries.push(...page);
    before = page.at(-1)?.revision ?? 0;
    if (page.length < MAX_PAGE_SIZE) break;
  }
  return entries
    .map((entry, i) => ({
      revision: entry.revision,
      // A deletion happened when what it deleted was replaced.
      updatedAt: entry.record?.updatedAt ?? entries[i + 1]?.replacedAt ?? entry.replacedAt - 1,
      record: entry.record,
    }))
    .reverse();
}

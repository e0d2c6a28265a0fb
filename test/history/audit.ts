// Whether the tables of a registry agree with each other and with its change log, asked of PostgreSQL itself: places in the
// order, feeds of prefixes, records, their earlier states, and what is counted.

import type { PostgresProcess } from '../postgres-server.ts';
import type { LogRow } from './history.ts';
import { prefixOf } from './versions.ts';

/** Each finds nothing where all is well. */
const NOTHING: Readonly<Record<string, string>> = {
  'rows of the log wait for a place': 'SELECT prefix FROM log_pending',
  'rows of the log have no place': `
    SELECT l.prefix FROM log AS l LEFT JOIN log_order AS o USING (prefix, commit_id) WHERE o.sequence IS NULL`,
  'places have no row': `
    SELECT o.prefix FROM log_order AS o LEFT JOIN log AS l USING (prefix, commit_id) WHERE l.prefix IS NULL`,
  'the head of the log is elsewhere': `
    SELECT sequence FROM log_head
    WHERE sequence <> (SELECT max(sequence) FROM log_order) OR sequence <> (SELECT count(*) FROM log_order)`,
  'feeds of prefixes lack or repeat rows': `
    SELECT * FROM (
      SELECT unnest(l.prefixes) AS prefix, o.sequence FROM log AS l JOIN log_order AS o USING (prefix, commit_id)) AS x
    FULL JOIN log_by_prefix AS f ON f.prefix = x.prefix AND f.sequence = x.sequence
    WHERE f.sequence IS NULL OR x.sequence IS NULL`,
  'prefixes count other records than there are': `
    SELECT p.prefix, p.records FROM prefixes AS p
    WHERE p.records <> (SELECT count(*) FROM records AS r WHERE r.prefix = p.prefix AND r.live)`,
};

/** What the log says of each prefix, and a table too. */
const COUNTED: Readonly<Record<string, { readonly sql: string; readonly counts: (entry: Entry) => boolean }>> = {
  records: {
    sql: 'SELECT prefix, count(*)::int AS n FROM records WHERE live GROUP BY prefix',
    counts: ({ subject, action }) => subject === 'record' && action === 'created',
  },
  'earlier states': {
    sql: 'SELECT prefix, count(*)::int AS n FROM history GROUP BY prefix',
    counts: ({ subject, action }) => subject === 'record' && action !== 'created',
  },
  'versions of lots': {
    sql: 'SELECT prefix, count(*)::int AS n FROM lot_versions GROUP BY prefix',
    counts: ({ subject }) => subject === 'lot',
  },
  revocations: {
    sql: 'SELECT prefix, sum(revoked)::int AS n FROM counters GROUP BY prefix',
    counts: ({ subject, action }) => subject === 'record' && action === 'revoked',
  },
};

type Entry = LogRow['entries'][number];

/** Sentences; none if all agrees. */
export async function auditStore(postgres: PostgresProcess, log: readonly LogRow[]): Promise<readonly string[]> {
  const ask = (sql: string) => postgres.query(inSchema(sql));
  const found: string[] = [];
  for (const [what, sql] of Object.entries(NOTHING)) {
    const rows = await ask(sql);
    if (rows.length > 0) found.push(`${what}: ${rows.length}, such as ${JSON.stringify(rows[0])}`);
  }
  for (const [what, { sql, counts }] of Object.entries(COUNTED)) {
    const stored = new Map((await ask(sql)).map(({ prefix, n }) => [String(prefix), Number(n)]));
    const logged = new Map<string, number>();
    for (const { entries } of log)
      for (const entry of entries)
        if (counts(entry)) logged.set(prefixOf(entry.name), (logged.get(prefixOf(entry.name)) ?? 0) + 1);
    for (const prefix of new Set([...stored.keys(), ...logged.keys()])) {
      const [here, there] = [stored.get(prefix) ?? 0, logged.get(prefix) ?? 0];
      if (here !== there) found.push(`${prefix} has ${here} ${what}, and ${there} by its log`);
    }
  }
  return found;
}

/** Each question comes with a session of its own. */
function inSchema(sql: string): string {
  return sql.replace(/\b(FROM|JOIN) ([a-z_]+)\b/g, '$1 jiabiao.$2');
}

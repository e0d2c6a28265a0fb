// Every statement that reads, with the name it is prepared under: what the database is asked, at one look. Plain SQL, and
// each names the prefix where there is one, so that a database that shards by it asks one place. See also
// postgres-write-statements.ts.

export interface Statement {
  readonly name: string;
  readonly text: string;
}

/** A statement for each text, named after its area and key. */
export function named<T extends Readonly<Record<string, string>>>(
  area: string,
  texts: T,
): Readonly<Record<keyof T, Statement>> {
  const statements = Object.entries(texts).map(([key, text]) => [key, { name: `${area}-${key}`, text }]);
  return Object.fromEntries(statements);
}

const LOG_COLUMNS = 'o.sequence, o.at, l.principal, l.prefixes, l.body';
const LOG_OF_ORDER = 'JOIN log AS l ON l.prefix = o.prefix AND l.commit_id = o.commit_id';

export const READ = named('read', {
  records: `
    SELECT q.place, r.parent, r.body
    FROM unnest($1::text[], $2::bytea[]) WITH ORDINALITY AS q(prefix, suffix, place)
    JOIN records AS r ON r.prefix = q.prefix AND r.suffix = q.suffix`,
  // As `records`, in one row: a row costs both sides as much as what stands in it. All three arrays, and the bytes, have
  // the order in which rows were found.
  lookups: `
    SELECT array_agg(q.place) AS places, array_agg(length(r.parent)) AS parents, array_agg(length(r.body)) AS bodies,
      encode(string_agg(coalesce(r.parent, '') || r.body, ''), 'hex') AS bytes
    FROM unnest($1::text[], $2::bytea[]) WITH ORDINALITY AS q(prefix, suffix, place)
    JOIN records AS r ON r.prefix = q.prefix AND r.suffix = q.suffix`,
  list: `
    SELECT suffix, parent, body FROM records
    WHERE prefix = $1 AND suffix > $2 AND live ORDER BY suffix LIMIT $3`,
  handles: `
    SELECT suffix FROM records
    WHERE prefix = $1 AND suffix > $2 AND live ORDER BY suffix LIMIT $3 OFFSET $4`,
  states: `
    SELECT suffix, parent, body FROM records
    WHERE prefix = $1 AND suffix > $2 ORDER BY suffix LIMIT $3`,
  beginnings: `
    SELECT suffix, substr(body, 1, $4) AS body FROM records
    WHERE prefix = $1 AND suffix > $2 ORDER BY suffix LIMIT $3`,
  children: `
    SELECT suffix FROM records
    WHERE prefix = $1 AND parent = $2 AND suffix > $3 ORDER BY suffix LIMIT $4`,
  history: `
    SELECT h.revision, h.replaced_at, h.parent, h.body, o.sequence
    FROM history AS h LEFT JOIN log_order AS o ON o.commit_id = h.commit_id
    WHERE h.prefix = $1 AND h.suffix = $2 AND h.revision < $3 ORDER BY h.revision DESC LIMIT $4`,
  prefixes: 'SELECT prefix FROM prefixes WHERE has_records ORDER BY prefix',
  searchExact: `
    SELECT term, suffix FROM search
    WHERE prefix = $1 AND type = $2 AND term = $3 AND suffix > $4 ORDER BY term, suffix LIMIT $5`,
  searchBeginning: `
    SELECT term, suffix FROM search
    WHERE prefix = $1 AND type = $2 AND term >= $3 AND term < $4 AND (term, suffix) > ($5, $6)
    ORDER BY term, suffix LIMIT $7`,
  template: 'SELECT body FROM templates WHERE prefix = $1 AND handle = $2',
  templates: 'SELECT body FROM templates WHERE handle > $1 ORDER BY handle LIMIT $2',
  templatesOf: 'SELECT body FROM templates WHERE prefix = $1 AND handle > $2 ORDER BY handle LIMIT $3',
  templateVersions: `
    SELECT body FROM template_versions
    WHERE prefix = $1 AND handle = $2 AND revision > $3 ORDER BY revision LIMIT $4`,
  lot: 'SELECT body FROM lots WHERE prefix = $1 AND id = $2',
  // The last lot of codes of this length that begins at or before the suffix.
  lotsBefore: `
    SELECT q.place, l.body
    FROM unnest($1::text[], $2::integer[], $3::bytea[]) WITH ORDINALITY AS q(prefix, code_length, suffix, place)
    CROSS JOIN LATERAL (
      SELECT body FROM lots
      WHERE prefix = q.prefix AND code_length = q.code_length AND first_code <= q.suffix
      ORDER BY first_code DESC LIMIT 1) AS l`,
  lots: 'SELECT body FROM lots WHERE id > $1 ORDER BY id LIMIT $2',
  lotsOf: 'SELECT body FROM lots WHERE prefix = $1 AND id > $2 ORDER BY id LIMIT $3',
  lotVersions: `
    SELECT body FROM lot_versions
    WHERE prefix = $1 AND id = $2 AND revision > $3 ORDER BY revision LIMIT $4`,
  changes: `
    SELECT ${LOG_COLUMNS} FROM log_order AS o ${LOG_OF_ORDER}
    WHERE o.sequence > $1 ORDER BY o.sequence LIMIT $2`,
  changesOf: `
    SELECT ${LOG_COLUMNS} FROM log_by_prefix AS p JOIN log_order AS o ON o.sequence = p.sequence ${LOG_OF_ORDER}
    WHERE p.prefix = $1 AND p.sequence > $2 ORDER BY p.sequence LIMIT $3`,
  // "/" is the character after ".": between a scope and that lies all that is below it.
  changesWithin: `
    WITH found AS (
      SELECT DISTINCT s.sequence
      FROM unnest($1::text[]) AS scope
      JOIN prefixes AS x ON x.prefix >= scope AND x.prefix < scope || '/'
        AND (x.prefix = scope OR substr(x.prefix, length(scope) + 1, 1) = '.')
      CROSS JOIN LATERAL (
        SELECT p.sequence FROM log_by_prefix AS p
        WHERE p.prefix = x.prefix AND p.sequence > $2 ORDER BY p.sequence LIMIT $3) AS s
      ORDER BY s.sequence LIMIT $3)
    SELECT ${LOG_COLUMNS} FROM found JOIN log_order AS o ON o.sequence = found.sequence ${LOG_OF_ORDER}
    ORDER BY o.sequence`,
  changeHead: `SELECT ${LOG_COLUMNS} FROM log_order AS o ${LOG_OF_ORDER} WHERE o.sequence = $1`,
  counts:
    'SELECT prefix, day, created, updated, deleted, revoked FROM counters WHERE prefix = ANY($1) ORDER BY prefix, day',
  resolutions: `
    SELECT prefix, day, found, not_found, revoked, referral, error FROM resolutions
    WHERE prefix = ANY($1) ORDER BY prefix, day`,
  countedPrefixes: `SELECT prefix FROM prefixes WHERE prefix >= $1 AND prefix <> '' ORDER BY prefix LIMIT $2`,
  result: 'SELECT body FROM idempotency WHERE key = $1',
  names: 'SELECT id, name FROM names WHERE kind = $1 AND id > $2 ORDER BY id',
  totals: `
    SELECT (SELECT coalesce(sum(records), 0)::bigint FROM prefixes) AS records,
      (SELECT coalesce(sum(issued), 0)::bigint FROM prefixes) AS issued,
      pg_database_size(current_database()) AS size`,
  sequence: `
    SELECT (SELECT sequence FROM log_head) + (SELECT count(*) FROM log_pending) AS sequence,
      current_setting('transaction_read_only') = 'on' AS follows`,
});

/** Tables of the directory: few rows, one shape. */
export type DirectoryTable = 'enterprises' | 'principals' | 'access_keys' | 'homes';

export function entityStatement(table: DirectoryTable): Statement {
  return { name: `entity-${table}`, text: `SELECT name, body FROM ${table} WHERE name = ANY($1)` };
}

export function entitiesStatement(table: DirectoryTable): Statement {
  return { name: `entities-${table}`, text: `SELECT body FROM ${table} WHERE name > $1 ORDER BY name LIMIT $2` };
}

export const KEYS_BY_HASH: Statement = {
  name: 'keys-by-hash',
  text: 'SELECT token_hash, name, body FROM access_keys WHERE token_hash = ANY($1)',
};

// Every statement of a transaction that writes: what it locks, what it loads to decide, and what it puts down. See also
// postgres-statements.ts.

import { type DirectoryTable, named, type Statement } from './postgres-statements.ts';

/** What a transaction locks and loads. */
export const LOAD = named('load', {
  makePrefixes: `
    INSERT INTO prefixes (prefix) SELECT p FROM unnest($1::text[]) AS p ORDER BY p ON CONFLICT (prefix) DO NOTHING`,
  // In one order, so that two transactions never wait for each other.
  lockPrefixes: `
    SELECT prefix, stamp, at, issued, has_lots FROM prefixes WHERE prefix = ANY($1) ORDER BY prefix FOR UPDATE`,
  // Records with everything they descend from, which is what a change asks for next.
  lineages: `
    WITH RECURSIVE line AS (
      SELECT r.prefix, r.suffix, r.parent, r.body
      FROM unnest($1::text[], $2::bytea[]) AS q(prefix, suffix)
      JOIN records AS r ON r.prefix = q.prefix AND r.suffix = q.suffix
      UNION
      SELECT r.prefix, r.suffix, r.parent, r.body
      FROM line JOIN records AS r ON r.prefix = line.prefix AND r.suffix = line.parent)
    SELECT prefix, suffix, parent, body FROM line`,
  children: `
    SELECT q.place, r.suffix FROM unnest($1::text[], $2::bytea[]) WITH ORDINALITY AS q(prefix, parent, place)
    CROSS JOIN LATERAL (SELECT suffix FROM records WHERE prefix = q.prefix AND parent = q.parent LIMIT $3) AS r`,
  between: `
    SELECT suffix, parent, body FROM records
    WHERE prefix = $1 AND suffix >= $2 AND suffix < $3 ORDER BY suffix LIMIT $4`,
  lots: `
    SELECT l.id, l.body FROM unnest($1::text[], $2::text[]) AS q(prefix, id)
    JOIN lots AS l ON l.prefix = q.prefix AND l.id = q.id`,
  lotsUnder: `
    SELECT q.place, l.id FROM unnest($1::text[], $2::bytea[]) WITH ORDINALITY AS q(prefix, parent, place)
    CROSS JOIN LATERAL (SELECT id FROM lots WHERE prefix = q.prefix AND parent = q.parent LIMIT $3) AS l`,
  templates: `
    SELECT t.handle AS name, t.body FROM unnest($1::text[], $2::text[]) AS q(prefix, handle)
    JOIN templates AS t ON t.prefix = q.prefix AND t.handle = q.handle`,
  results: 'SELECT key, body FROM idempotency WHERE key = ANY($1)',
  resultCount: 'SELECT count(*) AS held FROM idempotency WHERE principal = $1',
});

/** As `PUT.records`, of many that are new. */
export const COPY_RECORDS = 'COPY records (prefix, suffix, parent, live, body) FROM STDIN (FORMAT binary)';

/** What a transaction puts down, each at once for all it concerns. */
export const PUT = named('put', {
  records: `
    INSERT INTO records (prefix, suffix, parent, live, body)
    SELECT * FROM unnest($1::text[], $2::bytea[], $3::bytea[], $4::boolean[], $5::bytea[])
    ON CONFLICT (prefix, suffix) DO UPDATE
    SET parent = EXCLUDED.parent, live = EXCLUDED.live, body = EXCLUDED.body`,
  history: `
    INSERT INTO history (prefix, suffix, revision, replaced_at, commit_id, parent, body)
    SELECT * FROM unnest($1::text[], $2::bytea[], $3::bigint[], $4::bigint[], $5::uuid[], $6::bytea[], $7::bytea[])`,
  search: `
    INSERT INTO search (prefix, type, term, suffix)
    SELECT * FROM unnest($1::text[], $2::bytea[], $3::bytea[], $4::bytea[]) ON CONFLICT DO NOTHING`,
  unsearch: `
    DELETE FROM search AS s USING unnest($1::text[], $2::bytea[], $3::bytea[], $4::bytea[])
      AS q(prefix, type, term, suffix)
    WHERE s.prefix = q.prefix AND s.type = q.type AND s.term = q.term AND s.suffix = q.suffix`,
  counters: `
    INSERT INTO counters AS c (prefix, day, created, updated, deleted, revoked)
    SELECT * FROM unnest($1::text[], $2::integer[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[])
    ON CONFLICT (prefix, day) DO UPDATE SET created = c.created + EXCLUDED.created,
      updated = c.updated + EXCLUDED.updated, deleted = c.deleted + EXCLUDED.deleted,
      revoked = c.revoked + EXCLUDED.revoked`,
  prefixes: `
    UPDATE prefixes AS p SET stamp = greatest(p.stamp, q.stamp), at = greatest(p.at, q.at),
      records = p.records + q.records,
      issued = p.issued + q.issued,
      has_records = p.has_records OR q.has_records, has_lots = p.has_lots OR q.has_lots
    FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::boolean[], $7::boolean[])
      AS q(prefix, stamp, at, records, issued, has_records, has_lots)
    WHERE p.prefix = q.prefix`,
  log: `
    INSERT INTO log (prefix, commit_id, principal, prefixes, body)
    SELECT q.prefix, q.commit_id, q.principal, string_to_array(q.prefixes, '/'), q.body
    FROM unnest($1::text[], $2::uuid[], $3::text[], $4::text[], $5::bytea[])
      AS q(prefix, commit_id, principal, prefixes, body)`,
  pending: `
    INSERT INTO log_pending (prefix, commit_id, stamp, at, prefixes)
    SELECT q.prefix, q.commit_id, q.stamp, q.at, string_to_array(q.prefixes, '/')
    FROM unnest($1::text[], $2::uuid[], $3::bigint[], $4::bigint[], $5::text[])
      AS q(prefix, commit_id, stamp, at, prefixes)`,
  lots: `
    INSERT INTO lots (prefix, id, code_length, first_code, parent, body)
    SELECT * FROM unnest($1::text[], $2::text[], $3::integer[], $4::bytea[], $5::bytea[], $6::bytea[])
    ON CONFLICT (prefix, id) DO UPDATE SET parent = EXCLUDED.parent, body = EXCLUDED.body`,
  lotVersions: `
    INSERT INTO lot_versions (prefix, id, revision, body)
    SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bytea[])
    ON CONFLICT (prefix, id, revision) DO UPDATE SET body = EXCLUDED.body`,
  templates: `
    INSERT INTO templates (prefix, handle, body) SELECT * FROM unnest($1::text[], $2::text[], $3::bytea[])
    ON CONFLICT (prefix, handle) DO UPDATE SET body = EXCLUDED.body`,
  templateVersions: `
    INSERT INTO template_versions (prefix, handle, revision, body)
    SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bytea[])
    ON CONFLICT (prefix, handle, revision) DO UPDATE SET body = EXCLUDED.body`,
  keys: `
    INSERT INTO access_keys (name, token_hash, body) SELECT * FROM unnest($1::text[], $2::text[], $3::bytea[])
    ON CONFLICT (name) DO UPDATE SET token_hash = EXCLUDED.token_hash, body = EXCLUDED.body`,
  results: `
    INSERT INTO idempotency (key, principal, stamp, body)
    SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bytea[])`,
  dropResults: 'DELETE FROM idempotency WHERE key = ANY($1)',
  dropOldest: `
    DELETE FROM idempotency WHERE key IN (
      SELECT key FROM idempotency WHERE principal = $1 ORDER BY stamp LIMIT $2)`,
  resolutions: `
    INSERT INTO resolutions AS r (prefix, day, found, not_found, revoked, referral, error)
    SELECT * FROM unnest(
      $1::text[], $2::integer[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[])
    ON CONFLICT (prefix, day) DO UPDATE SET found = r.found + EXCLUDED.found,
      not_found = r.not_found + EXCLUDED.not_found, revoked = r.revoked + EXCLUDED.revoked,
      referral = r.referral + EXCLUDED.referral, error = r.error + EXCLUDED.error`,
  name: `
    INSERT INTO names (kind, id, name)
    SELECT $1::smallint, coalesce(max(id), 0) + 1, $2::bytea FROM names WHERE kind = $1::smallint
    HAVING coalesce(max(id), 0) < $3 ON CONFLICT DO NOTHING`,
});

/** How rows of the log get their place in the order; see postgres-sequencer.ts. */
export const SEQUENCE = named('sequence', {
  isPending: 'SELECT 1 AS waits FROM log_pending LIMIT 1',
  head: 'SELECT sequence, at FROM log_head WHERE one = 1',
  newestPending: 'SELECT coalesce(max(at), 0)::bigint AS at FROM log_pending',
  lockHead: 'SELECT sequence, at FROM log_head WHERE one = 1 FOR UPDATE',
  pending: 'SELECT prefix, commit_id, at, prefixes FROM log_pending ORDER BY stamp, commit_id LIMIT $1',
  order: `
    INSERT INTO log_order (sequence, at, prefix, commit_id)
    SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::uuid[])`,
  byPrefix: 'INSERT INTO log_by_prefix (prefix, sequence) SELECT * FROM unnest($1::text[], $2::bigint[])',
  ordered: `
    DELETE FROM log_pending AS l USING unnest($1::text[], $2::uuid[]) AS q(prefix, commit_id)
    WHERE l.prefix = q.prefix AND l.commit_id = q.commit_id`,
  moveHead: 'UPDATE log_head SET sequence = $1, at = $2 WHERE one = 1',
  lead: 'SELECT pg_try_advisory_lock($1, hashtext(current_schema())) AS leads',
  expired: `
    DELETE FROM idempotency WHERE key IN (SELECT key FROM idempotency WHERE stamp < $1 LIMIT $2)`,
});

export function putEntitiesStatement(table: Exclude<DirectoryTable, 'access_keys'>): Statement {
  return {
    name: `put-${table}`,
    text: `INSERT INTO ${table} (name, body) SELECT * FROM unnest($1::text[], $2::bytea[])
      ON CONFLICT (name) DO UPDATE SET body = EXCLUDED.body`,
  };
}

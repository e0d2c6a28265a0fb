// The first layout: everything a registry holds. Tables that grow with the registry begin their keys with the prefix.

import type { Migration } from './migration.ts';

/** Large tables; each is divided by the hash of its first column. */
const LARGE: Readonly<Record<string, string>> = {
  // `live`: false for what was deleted, and for what only lends its name to children that came before it.
  records: `
    prefix text COLLATE "C" NOT NULL, suffix bytea NOT NULL, parent bytea, live boolean NOT NULL, body bytea NOT NULL,
    PRIMARY KEY (prefix, suffix)`,
  // What was replaced, under the revision it had.
  history: `
    prefix text COLLATE "C" NOT NULL, suffix bytea NOT NULL, revision bigint NOT NULL, replaced_at bigint NOT NULL,
    commit_id uuid NOT NULL, parent bytea, body bytea NOT NULL, PRIMARY KEY (prefix, suffix, revision)`,
  // Folded texts of searchable values.
  search: `
    prefix text COLLATE "C" NOT NULL, type bytea NOT NULL, term bytea NOT NULL, suffix bytea NOT NULL,
    PRIMARY KEY (prefix, type, term, suffix)`,
  // Rows of the change log under the first prefix they touch; their order is in log_order.
  log: `
    prefix text COLLATE "C" NOT NULL, commit_id uuid NOT NULL, principal text NOT NULL, prefixes text[] NOT NULL,
    body bytea NOT NULL, PRIMARY KEY (prefix, commit_id)`,
  // Rows that have no place in the order yet.
  log_pending: `
    prefix text COLLATE "C" NOT NULL, commit_id uuid NOT NULL, stamp bigint NOT NULL, at bigint NOT NULL,
    prefixes text[] NOT NULL, PRIMARY KEY (prefix, commit_id)`,
  log_by_prefix: `
    prefix text COLLATE "C" NOT NULL, sequence bigint NOT NULL, PRIMARY KEY (prefix, sequence)`,
  counters: `
    prefix text COLLATE "C" NOT NULL, day integer NOT NULL, created bigint NOT NULL, updated bigint NOT NULL,
    deleted bigint NOT NULL, revoked bigint NOT NULL, PRIMARY KEY (prefix, day)`,
  // Under an empty prefix what was asked for under prefixes of which nothing is known.
  resolutions: `
    prefix text COLLATE "C" NOT NULL, day integer NOT NULL, found bigint NOT NULL, not_found bigint NOT NULL,
    revoked bigint NOT NULL, referral bigint NOT NULL, error bigint NOT NULL, PRIMARY KEY (prefix, day)`,
  idempotency: `
    key text COLLATE "C" NOT NULL, principal text COLLATE "C" NOT NULL, stamp bigint NOT NULL, body bytea NOT NULL,
    PRIMARY KEY (key)`,
  templates: `
    prefix text COLLATE "C" NOT NULL, handle text COLLATE "C" NOT NULL, body bytea NOT NULL,
    PRIMARY KEY (prefix, handle)`,
  template_versions: `
    prefix text COLLATE "C" NOT NULL, handle text COLLATE "C" NOT NULL, revision bigint NOT NULL, body bytea NOT NULL,
    PRIMARY KEY (prefix, handle, revision)`,
  // Where its codes lie: those of one length, from one text on.
  lots: `
    prefix text COLLATE "C" NOT NULL, id text COLLATE "C" NOT NULL, code_length integer NOT NULL,
    first_code bytea NOT NULL, parent bytea, body bytea NOT NULL, PRIMARY KEY (prefix, id)`,
  lot_versions: `
    prefix text COLLATE "C" NOT NULL, id text COLLATE "C" NOT NULL, revision bigint NOT NULL, body bytea NOT NULL,
    PRIMARY KEY (prefix, id, revision)`,
};

const SMALL: readonly string[] = [
  // One row a prefix that was ever written to, and an empty one for what is under none: whoever writes locks it.
  `CREATE TABLE prefixes (
    prefix text COLLATE "C" PRIMARY KEY, stamp bigint NOT NULL DEFAULT 0, at bigint NOT NULL DEFAULT 0,
    records bigint NOT NULL DEFAULT 0, issued bigint NOT NULL DEFAULT 0, has_records boolean NOT NULL DEFAULT false,
    has_lots boolean NOT NULL DEFAULT false) WITH (fillfactor = 50)`,
  // The dictionary of the names that recur in records: 1 types, 2 templates.
  `CREATE TABLE names (
    kind smallint NOT NULL, id integer NOT NULL, name bytea NOT NULL, PRIMARY KEY (kind, id), UNIQUE (kind, name))`,
  `CREATE TABLE log_order (
    sequence bigint PRIMARY KEY, at bigint NOT NULL, prefix text COLLATE "C" NOT NULL, commit_id uuid NOT NULL UNIQUE)`,
  // One row: the newest place in the order. Whoever gives places locks it.
  'CREATE TABLE log_head (one smallint PRIMARY KEY, sequence bigint NOT NULL, at bigint NOT NULL)',
  'INSERT INTO log_head (one, sequence, at) VALUES (1, 0, 0)',
  'CREATE TABLE enterprises (name text COLLATE "C" PRIMARY KEY, body bytea NOT NULL)',
  'CREATE TABLE principals (name text COLLATE "C" PRIMARY KEY, body bytea NOT NULL)',
  'CREATE TABLE access_keys (name text COLLATE "C" PRIMARY KEY, token_hash text COLLATE "C" NOT NULL UNIQUE, body bytea NOT NULL)',
  'CREATE TABLE homes (name text COLLATE "C" PRIMARY KEY, body bytea NOT NULL)',
];

const INDEXES: readonly string[] = [
  // Children of one parent share their key, which PostgreSQL then stores once for many of them.
  'CREATE INDEX records_by_parent ON records (prefix, parent) WHERE parent IS NOT NULL',
  'CREATE INDEX log_pending_by_stamp ON log_pending (stamp)',
  'CREATE INDEX idempotency_by_age ON idempotency (principal, stamp)',
  'CREATE INDEX templates_by_handle ON templates (handle)',
  'CREATE UNIQUE INDEX lots_by_room ON lots (prefix, code_length, first_code)',
  'CREATE INDEX lots_by_parent ON lots (prefix, parent) WHERE parent IS NOT NULL',
  'CREATE INDEX lots_by_id ON lots (id)',
];

export const REGISTRY: Migration = {
  version: 1,
  compatibleFrom: 1,
  statements: (partitions) => [
    ...Object.entries(LARGE).flatMap((table) => divided(table, partitions)),
    ...SMALL,
    ...INDEXES,
  ],
};

function divided([name, columns]: readonly [string, string], partitions: number): string[] {
  if (partitions < 2) return [`CREATE TABLE ${name} (${columns})`];
  const key = columns.trimStart().split(' ', 1)[0];
  const parts = Array.from(
    { length: partitions },
    (_, i) => `CREATE TABLE ${name}_${i} PARTITION OF ${name} FOR VALUES WITH (MODULUS ${partitions}, REMAINDER ${i})`,
  );
  return [`CREATE TABLE ${name} (${columns}) PARTITION BY HASH (${key})`, ...parts];
}

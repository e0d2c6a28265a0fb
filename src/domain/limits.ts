// Every fixed limit of the node, each with its reason. Limits an operator may want to move are settings, in app/config-schema.ts.

/** UTF-8 bytes of a handle that can be asked for: the wire limit of the reference server (HSv9, decoding of responses). */
export const MAX_HANDLE_BYTES = 2048;

/** UTF-8 bytes of a handle that can be stored: a store key must hold it beside the prefix and a revision. */
export const MAX_STORED_HANDLE_BYTES = 1024;

/** Characters of a prefix: the limit of the SNMS interface, and far above any allocated one. */
export const MAX_PREFIX_LENGTH = 64;

/** Values of one record: the reference server's limit when it decodes an answer. */
export const MAX_VALUES = 2048;

/** Bytes of one value's data, so that a record fits a Handle protocol message of 262,144 bytes. */
export const MAX_VALUE_BYTES = 65_536;

/** Bytes of all values of one record together, below the 262,144 bytes of a Handle protocol message. */
export const MAX_RECORD_BYTES = 240_000;

/** Characters of a value's type. */
export const MAX_TYPE_LENGTH = 128;

/** References of one value: nothing in use has more than a handful. */
export const MAX_REFERENCES = 64;

/** Servers of a site, interfaces of a server, attributes of a site: far above any service in the field. */
export const MAX_SITE_PARTS = 256;

/** Records on the way from an item to its root (item, batch, model, series), the item included. */
export const MAX_INHERITANCE_DEPTH = 4;

/** Service handles followed from a prefix record to its site (HS_SERV): one is usual, and a chain of them is a mistake. */
export const MAX_SERVICE_STEPS = 3;

/** Nodes a question may have passed through before this one asks no other: tree, recursive node and one to spare. */
export const MAX_HOPS = 4;

/** Routes to upstreams: each has metrics of its own, and every question for elsewhere looks through them. */
export const MAX_ROUTES = 16;

/** Descendants looked at when a record with children moves deeper; above it the move is refused, so no commit stalls. */
export const MAX_DESCENDANTS_CHECKED = 1000;

/** Characters of a reason for a revocation: a sentence or two, kept for ever. */
export const MAX_REASON_LENGTH = 500;

/** Characters of the notice of a recall: some sentences in two languages, read on a telephone. */
export const MAX_NOTICE_LENGTH = 1000;

/** Items of one batch call (registration or resolution): bounds a commit to tens of milliseconds. */
export const MAX_BATCH_ITEMS = 10_000;

/** Bytes of a JSON list of handles to resolve: anyone may send one, and parsed it takes many times its size in memory. */
export const MAX_RESOLVE_BODY_BYTES = 1_048_576;

/** Bytes of all answers of one JSON batch: it is gathered before it leaves; an NDJSON batch has no such limit. */
export const MAX_BATCH_ANSWER_BYTES = 67_108_864;

/** Bytes of the parameters that stand in for a query string. */
export const MAX_PARAMETERS_BYTES = 65_536;

/** Changes of one log row: a batch fits; more would make the change feed's pages unbounded. */
export const MAX_CHANGES_PER_COMMIT = MAX_BATCH_ITEMS;

/** Rows of one page of any listing. */
export const MAX_PAGE_SIZE = 1000;

/** Revisions of one page of a history: each may be a record of MAX_RECORD_BYTES, read whole to be compared. */
export const MAX_HISTORY_PAGE = 100;

/** Log entries read for one page of the change feed: some megabytes of JSON; the row that passes it is the last. */
export const MAX_FEED_ENTRIES = 20_000;

/** Streams of changes one worker keeps open, and of those one principal: each costs a look at the log with every commit. */
export const MAX_CHANGE_STREAMS = 64;
export const MAX_STREAMS_OF_PRINCIPAL = 8;

/** Entries of the change log looked at for the one that created a record: some twenty milliseconds, in small reads. */
export const MAX_ENTRIES_SEARCHED = 100_000;

/** How far ahead of the node's clock an instant of the past may lie: room for clocks that disagree. */
export const MAX_INSTANT_LEAD_MS = 86_400_000;

/** Characters of an idempotency key: a UUID with room to spare. */
export const MAX_IDEMPOTENCY_KEY_LENGTH = 200;

/** Unexpired idempotency results one principal may hold; the oldest give way. */
export const MAX_IDEMPOTENCY_RESULTS = 10_000;

/** How long an idempotency result is kept. */
export const IDEMPOTENCY_TTL_MS = 86_400_000;

/** Attempts of a compare-and-swap whose caller named no revision; contention beyond it is answered with a conflict. */
export const MAX_COMMIT_ATTEMPTS = 5;

/** TTL of a value that names none (RFC 3651 leaves it open; the reference server uses a day). */
export const DEFAULT_TTL_SECONDS = 86_400;

/** How long "not found" or "revoked" may be kept by anyone: both can be undone by their owner within a minute's patience. */
export const NEGATIVE_TTL_SECONDS = 60;

/** Rows one page of a search looks at: some tens of milliseconds; the next page goes on behind them. */
export const MAX_SEARCH_ROWS = 5000;

/** Of these, rows looked at in one go, between which other requests are answered: a few milliseconds. */
export const SEARCH_ROWS_AT_ONCE = 500;

/** Bytes of a searchable value by which it is found: longer ones that share them are told apart by their records. */
export const MAX_TERM_BYTES = 64;

/** Names the store's dictionary of value types may hold; later names are stored in full. */
export const MAX_TYPE_NAMES = 65_535;

/** Characters of the name of an enterprise or principal, or of a key's label: one line on a page. */
export const MAX_NAME_LENGTH = 200;

/** Characters of the subject of a client certificate: a name with its organisation, in several languages. */
export const MAX_SUBJECT_LENGTH = 500;

/** Characters of a certificate as PEM: one with many names takes some 4,000. */
export const MAX_CERTIFICATE_LENGTH = 16_384;

/** Characters of an enterprise's contact: a few lines of name, telephone and mail. */
export const MAX_CONTACT_LENGTH = 500;

/** Transfers followed from a prefix to who holds it: a holder that is itself transferred is refused, so one is usual. */
export const MAX_TRANSFER_STEPS = 4;

/** Attempts to allocate a free enterprise code: each failed one means another thread has just taken that code. */
export const MAX_ALLOCATION_ATTEMPTS = 64;

/** How long a replaced key may go on working: a month of roll-out. */
export const MAX_KEY_GRACE_MS = 31 * 86_400_000;

/** Groups within groups that are followed from an HS_ADMIN value to its members: an organisation, its units, their teams. */
export const MAX_GROUP_DEPTH = 4;

/** Groups that are read to answer one question of permission, so that no set of groups makes it slow. */
export const MAX_GROUPS_READ = 64;

/** Handles of one page of `/api/handles?prefix=`: some hundreds of kilobytes, more than its clients ask for. */
export const MAX_LISTED_HANDLES = 10_000;

/**
 * Rows that a listing may pass over to reach its page: about a quarter of a second. From where a listing last ended it
 * goes on without passing any.
 */
export const MAX_ROWS_PASSED = 250_000;

/** Rows passed over at one go, between which other requests are answered. */
export const ROWS_PASSED_AT_ONCE = 5000;

/** Places where listings ended that a worker remembers, so that the next page needs no search. */
export const MAX_LISTING_MARKS = 10_000;

/** Prefixes a node may be home to: each resolution looks through them. */
export const MAX_HOMES = 1000;

/** Enterprises, keys or principals a worker remembers between requests: some megabytes, more than one node has in use. */
export const MAX_REMEMBERED = 10_000;

/** Bytes of one row of an import file or NDJSON stream: a record of MAX_RECORD_BYTES fits, also in base64 and escaped. */
export const MAX_ROW_BYTES = 1_048_576;

/**
 * Keys and secrets that may open nothing, for one client network and worker: at once a person's typing errors and a few
 * clients with an old key, then one in five seconds, which leaves a guesser of a short secret some 17,000 tries a day.
 */
export const AUTHENTICATION_FAILURE_BURST = 20;
export const AUTHENTICATION_FAILURES_PER_SECOND = 0.2;

/**
 * Answers to challenges of other servers that are checked for one client network and worker, right or wrong: a server
 * asks once for each login of its own. The dearest takes some 50 ms of a thread that serves nobody (eight keys of SM2).
 */
export const VERIFICATIONS_PER_SECOND = 10;
export const VERIFICATION_BURST = 100;

/** Commits that may wait for the committing thread: some seconds of its work; above it, writes are told to come back. */
export const MAX_WAITING_COMMITS = 50_000;

/** Characters of log lines that may wait for a disk that takes none: minutes of a busy trail, and bounded memory. */
export const MAX_WAITING_LOG_BYTES = 8_388_608;

/** Characters of one text in the audit trail: the longest refusal fits, and nobody fills the disk with a header. */
export const MAX_AUDIT_TEXT_LENGTH = 500;

/**
 * Denials of one thread that are told apart within a minute, by network, key, route and reason; others are counted
 * together. A flood then writes at most some 400 lines a minute and thread, 0.1 MB, whoever sends it from wherever.
 */
export const MAX_DENIAL_GROUPS = 200;

/** Prefixes a page of statistics looks at: some tens of milliseconds of the thread that answers. */
export const MAX_STATISTICS_PREFIXES = 2000;

/** Prefixes a thread counts resolutions of between two hand-overs; what comes beyond them is counted together. */
export const MAX_TALLIED_PREFIXES = 10_000;

/** Of these, such as nothing was found under: guessers invent prefixes, and each has to be looked up by the one that writes. */
export const MAX_TALLIED_UNKNOWN = 256;

/** Characters of a path in the request log: any handle in use, percent-encoded, and no more of a path made to be long. */
export const MAX_LOGGED_PATH_LENGTH = 1024;

/** Bytes of the store in one chunk of a backup: few enough to hold some at once, enough to compress well. */
export const MAX_BACKUP_CHUNK_BYTES = 1_048_576;

/** Chunks of a backup that are compressed at once: one for each thread of Node's pool. */
export const BACKUP_CHUNKS_AT_ONCE = 4;

/** Earlier states of one record in an export's line: a record that was changed daily for a quarter of a century. */
export const MAX_PRESERVED_STATES = 10_000;

/** Elements of a template: far above any product sheet. */
export const MAX_TEMPLATE_ELEMENTS = 256;

/** Values one enumeration allows, and file endings one element allows: a list that a person picks from. */
export const MAX_ELEMENT_CHOICES = 200;

/** Bytes of a template as JSON: each of its versions is one row, and workers keep what it compiles to. */
export const MAX_TEMPLATE_BYTES = 131_072;

/** Versions of one template: a change a week for twenty years. */
export const MAX_TEMPLATE_VERSIONS = 1000;

/** Templates of one prefix: one for each kind of product, and no store filled with them. */
export const MAX_TEMPLATES_OF_PREFIX = 200;

/**
 * Characters of an element's pattern, states of what it compiles to, and characters of the texts it is held against:
 * matching takes at most their product, some milliseconds.
 */
export const MAX_PATTERN_LENGTH = 200;
export const MAX_PATTERN_SIZE = 500;
export const MAX_PATTERN_TEXT_LENGTH = 1000;

/** Templates a worker keeps compiled: more than are in use at once, at most some hundred kilobytes each. */
export const MAX_COMPILED_TEMPLATES = 200;

/** Elements that a refusal names; the others are counted. */
export const MAX_MISMATCHES_TOLD = 5;

/** Problems of a store that are told in words; the others are counted. */
export const MAX_FINDINGS = 100;

/**
 * How PostgreSQL finds out that a node's machine is gone, which says no goodbye: seconds of silence, seconds between
 * questions, and questions without an answer. The office of a node that leads, or orders the change log, is then free
 * after two seconds, and taken by another within a third; that of a node that died is free at once.
 */
export const SESSION_KEEPALIVE = { idle: 1, interval: 1, count: 1 } as const;

/** Characters of an id or cursor: handles and prefixes are the longest. */
export const MAX_CURSOR_LENGTH = 2048;

/** Aliases (HS_ALIAS) that one question at the address of an identifier follows: each is a resolution. */
export const MAX_ALIASES_FOLLOWED = 10;
/** Bytes of a list of addresses (10320/loc), and addresses in it: it is parsed for each visitor. */
export const MAX_LOCATIONS_BYTES = 16_384;
export const MAX_LOCATIONS = 256;

/**
 * Connections that one client network may have at a door for each that is free: one alone gets three of four, the next
 * three of four that are left, and whoever comes from elsewhere finds room. A balancer is one network too.
 */
export const CONNECTIONS_FOR_EACH_FREE = 3;

/** Part of a door's connections that are nobody's share: while so few are open, nobody is asked where he comes from. */
export const SHARED_FREELY = 0.125;

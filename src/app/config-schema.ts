// Every setting of the node as JSON Schemas, with what it means and its default. It reads nothing; config.ts does. After
// a change `npm run docs` brings config/README.md up to date, whose Chinese words are in config/words.zh-CN.json.

import { HANDLE_SECTION } from './config-handle.ts';
import { POSTGRES_SECTION } from './config-postgres.ts';
import { REDIS_SECTION } from './config-redis.ts';
import { TLS_SECTION } from './config-tls.ts';
import { UPSTREAM_SECTION } from './config-upstream.ts';

const MEBIBYTE = 1 << 20;

const number = (value: number, minimum: number, description: string, maximum = Number.MAX_SAFE_INTEGER) =>
  ({ type: 'integer', default: value, minimum, maximum, description }) as const;
const text = (value: string, description: string) =>
  ({ type: 'string', default: value, minLength: 1, description }) as const;
const choice = <const T extends readonly string[]>(value: T[number], options: T, description: string) =>
  ({ enum: options, default: value, description }) as const;
const texts = { type: 'array', items: { type: 'string', minLength: 1 } } as const;

/** Every setting, with what it means and a default that suits a machine of two cores. */
export const SECTIONS = {
  node: {
    prefix: text('88.118', "The node's own prefix: new enterprises get their codes below it."),
    homed: {
      type: 'array',
      items: {
        type: 'object',
        properties: { prefix: { type: 'string' }, foldsCase: { type: 'boolean' } },
        required: ['prefix'],
        additionalProperties: false,
      },
      default: [],
      description:
        'Further prefixes this node answers for: [{"prefix": "88.119", "foldsCase": false}]. foldsCase: suffixes compare without ASCII case; fixed once identifiers exist.',
    },
  },
  store: {
    kind: choice(
      'lmdb',
      ['lmdb', 'memory', 'postgres'],
      'lmdb keeps everything on disk; postgres in a PostgreSQL that several nodes share (see postgres); memory forgets it at the end and uses one thread.',
    ),
    path: text(
      './data',
      'Directory of the store and of the first operator key. With store.kind postgres, of what belongs to this node alone: keys, logs, what it remembers.',
    ),
  },
  postgres: POSTGRES_SECTION,
  http: {
    host: text('127.0.0.1', 'Address to listen on. Other than loopback needs tls.certificate or http.allowPlainHttp.'),
    port: number(8000, 0, 'Port to listen on; 0 takes a free one.', 65_535),
    allowPlainHttp: {
      type: 'boolean',
      default: false,
      description:
        'Listen on an address that others can reach without TLS: behind a TLS proxy, or in a trusted network.',
    },
    metricsPort: {
      anyOf: [{ type: 'null' }, { type: 'integer', minimum: 0, maximum: 65_535 }],
      default: null,
      description:
        'Second port, on the same address, that serves only /metrics, /healthz and /readyz, always in plain HTTP; null for none.',
    },
    trustedProxies: {
      ...texts,
      default: [],
      description: 'Addresses or networks (10.0.0.0/8) whose X-Forwarded-For and X-Forwarded-Proto are believed.',
    },
    corsOrigins: {
      anyOf: [
        { const: '*' },
        { type: 'array', items: { type: 'string', pattern: '^([a-z][a-z0-9+.-]*://[^ /]+|null)$' } },
      ],
      default: '*',
      description:
        'Origins whose pages may read answers; "*" for all (answers are public, keys are never sent by browsers).',
    },
    countryHeader: {
      anyOf: [{ type: 'null' }, { type: 'string', pattern: '^[a-z0-9-]{1,64}$' }],
      default: null,
      description:
        'Request header, in small letters, in which a proxy in front says the country of a client in two letters; it chooses among the addresses of a 10320/loc value. null if none does.',
    },
    maxConnections: number(
      4096,
      1,
      'Open connections of one worker; further ones are closed at once. One client network gets three for each that is free.',
    ),
    bodyLimitBytes: number(16 * MEBIBYTE, 1024, 'Largest request body: a batch of 10,000 registrations fits.'),
    headersTimeoutMs: number(10_000, 100, 'How long a client may take to send its request head.'),
    requestTimeoutMs: number(60_000, 100, 'How long a client may take to send a whole request.'),
    drainMs: number(
      0,
      0,
      'How long a node that is told to stop goes on taking requests while /readyz says that it is not ready: longer than a balancer in front of it takes to notice. 0 where there is none.',
      60_000,
    ),
    keepAliveTimeoutMs: number(
      72_000,
      0,
      'How long an idle connection stays open: longer than usual proxies keep theirs (60 s).',
    ),
  },
  tls: TLS_SECTION,
  cache: {
    l1Bytes: number(48 * MEBIBYTE, 0, 'Answers each worker remembers, in bytes.'),
    negativeBytes: number(
      4 * MEBIBYTE,
      0,
      '"Not found" answers each worker remembers, in bytes: a budget of their own, so guessing evicts nothing.',
    ),
    parentBytes: number(16 * MEBIBYTE, 0, 'Parent records (models, batches) each worker remembers, in bytes.'),
    diskBytes: number(
      256 * MEBIBYTE,
      0,
      'Answers of other nodes kept in learned.sqlite beside the store (in memory if store.kind is memory), for all workers and over restarts, in bytes; 0 for none.',
    ),
    maxAgeSeconds: number(3600, 1, 'Longest an answer is remembered, whatever the TTL of its values.'),
  },
  handle: HANDLE_SECTION,
  upstream: UPSTREAM_SECTION,
  redis: REDIS_SECTION,
  imports: {
    directory: text(
      'auto',
      'Directory of import jobs and profiles. auto: `imports` in store.path. Nodes with one PostgreSQL name one that all of them see, so that another goes on with a job when one dies.',
    ),
    maxFileBytes: number(64 * 1024 * MEBIBYTE, 1024, 'Largest file that may be imported.'),
    minFreeBytes: number(
      1024 * MEBIBYTE,
      0,
      'Bytes of the disk that an import leaves free; while it runs it needs 2.5 times its file, and the store grows.',
    ),
    maxUnpackedBytes: number(
      2048 * MEBIBYTE,
      MEBIBYTE,
      'Bytes a workbook (XLSX) may take unpacked: what takes more is refused, whatever it claims to be.',
    ),
    keptDays: number(30, 1, 'How long imports that are over, and their reports, can be read.', 3650),
  },
  limits: {
    inFlight: number(
      1024,
      1,
      'Requests of one worker that may wait for the store or a body at once; further ones get 503.',
    ),
    missesPerSecond: number(
      2000,
      0,
      'Resolutions a second that find nothing, for one client network and worker; above it 429. 0 for no limit.',
    ),
    missBurst: number(20_000, 0, 'How many such resolutions may come at once before the rate counts.'),
    tripsPerSecond: number(
      100,
      0,
      'Questions a second that have to go to another node, for one client network and worker; above it 429, while what is known here is answered. 0 for no limit.',
    ),
    tripBurst: number(2000, 0, 'How many such questions may come at once before the rate counts.'),
    tripsPerPrefix: number(
      200,
      0,
      'Questions a second that go to another node about one prefix, whoever asks; above it 429, stale answers first. 0 for no limit.',
    ),
  },
  log: {
    level: choice(
      'auto',
      ['auto', 'trace', 'debug', 'info', 'warn', 'error', 'silent'],
      'Least severe line that is written. auto: info, but warn where a person reads along on a terminal. Handles and addresses appear only at debug.',
    ),
    resolutionSample: number(1000, 0, 'One of how many resolutions is logged; 0 for none.'),
    directory: text(
      'auto',
      'Directory of the audit trail and the request log, of one node alone. auto: `logs` in store.path, none if store.kind is memory. off: none are kept.',
    ),
    keptPerSecond: {
      anyOf: [{ const: 'all' }, { type: 'integer', minimum: 0, maximum: 1_000_000 }],
      default: 50,
      description:
        'Requests without a key, mostly resolutions, that each worker keeps in the request log a second; the rest of that second is kept as a number. all: every one.',
    },
    clients: choice(
      'plain',
      ['plain', 'pseudonym', 'network'],
      'How addresses of clients stand in these files: plain; as a keyed hash that changes daily (the key is client.key beside them); as their network, /24 or /48.',
    ),
    retentionDays: number(184, 180, 'How long these files are kept: six months are 184 days, and required.', 36_500),
    maxFileBytes: number(
      256 * MEBIBYTE,
      65_536,
      'Size at which a file is closed and another begun, besides every midnight in China.',
    ),
  },
  tracing: {
    endpoint: {
      anyOf: [{ type: 'null' }, { type: 'string', pattern: '^https?://[^ ]+$' }],
      default: null,
      description:
        'Where OpenTelemetry spans go by OTLP/HTTP, such as http://127.0.0.1:4318/v1/traces; null for nowhere.',
    },
    sampleRatio: {
      type: 'number',
      minimum: 0,
      maximum: 1,
      default: 0.01,
      description: 'Share of requests that are traced; one that comes with a traceparent is traced if that says so.',
    },
  },
} as const;

/** The one setting that stands in no section. */
export const WORKERS = {
  anyOf: [{ const: 'auto' }, { type: 'integer', minimum: 1, maximum: 64 }],
  default: 'auto',
  description:
    'Worker threads that answer requests; auto: one for each core (one where the system cannot share a port).',
} as const;

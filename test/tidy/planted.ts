// For every rule a file that breaks it and the nearest one that does not, so that no rule sleeps.

import { MAX_FILE_LINES, MAX_FUNCTION_LINES, MAX_LINE_WIDTH, MAX_PARAMETERS } from './house.ts';

export interface Planted {
  readonly rule: string;
  readonly path: string;
  readonly bad: string;
  readonly good: string;
}

const OPENING = '// Says what this room does, and what it must not do.\n';

function inRoom(rule: string, path: string, bad: string, good: string): Planted {
  return { rule, path, bad: OPENING + bad, good: OPENING + good };
}

function linesOf(count: number): string {
  return 'f();\n'.repeat(count);
}

function parametersOf(count: number): string {
  return `export function f(${Array.from({ length: count }, (_, i) => `p${i}: number`).join(', ')}): void {}\n`;
}

const DOWN = 'imports go down only, never up and never sideways';
const PURE = 'the ground floors are pure';
const HOMES = 'each package has one home';
const GLOBALS = 'environment, exit, clock and console have one place each';
const PLAIN = 'no default exports, re-exports, enums, namespaces, decorators or abstract classes';
const NAMES = 'files and functions have names that say something';

export const PLANTED: readonly Planted[] = [
  { rule: 'every file of src/ is in a room of the FLOORS table', path: 'src/attic/a.ts', bad: OPENING, good: '' },
  { rule: 'every file of src/ is in a room of the FLOORS table', path: 'src/a.ts', bad: OPENING, good: '' },
  inRoom(DOWN, 'src/store/a.ts', "import { x } from '../registry/b.ts';", "import { x } from '../domain/b.ts';"),
  inRoom(DOWN, 'src/store/a.ts', "import type { X } from '../cache/b.ts';", "import type { X } from '../wire/b.ts';"),
  inRoom(
    DOWN,
    'src/app/a.ts',
    "const x = await import('../cli/b.ts');",
    "const x = await import('../http-server/b.ts');",
  ),
  inRoom(DOWN, 'src/app/a.ts', "type X = import('../cli/b.ts').X;", "type X = import('./b.ts').X;"),
  inRoom(DOWN, 'src/app/a.ts', "import { x } from '../../test/b.ts';", "import { x } from './sub/b.ts';"),
  inRoom(PURE, 'src/domain/a.ts', "import { hash } from 'node:crypto';", "import { hash } from './hash.ts';"),
  inRoom(PURE, 'src/wire/a.ts', "import { LRUCache } from 'lru-cache';", "import { x } from '../domain/b.ts';"),
  inRoom(PURE, 'src/wire/a.ts', 'const now = Date.now();', 'const at = new Date(0);'),
  inRoom(PURE, 'src/domain/a.ts', 'const now = new Date();', 'const day = new Date(now);'),
  inRoom(PURE, 'src/domain/a.ts', 'const x = Math.random();', 'const x = Math.floor(1);'),
  inRoom(PURE, 'src/domain/a.ts', 'const clock = performance.now;', 'const clock = options.now;'),
  inRoom(HOMES, 'src/registry/a.ts', "import { open } from 'lmdb';", "import { parse } from 'csv-parse/sync';"),
  inRoom(HOMES, 'src/cli/a.ts', "import x from 'left-pad';", "import { Command } from 'commander';"),
  inRoom(HOMES, 'src/store/memory-store.ts', "import { open } from 'lmdb';", "import { x } from './lmdb-codec.ts';"),
  inRoom(HOMES, 'bench/a.ts', "import fc from 'fast-check';", "import fastify from 'fastify';"),
  inRoom(GLOBALS, 'src/store/a.ts', 'const x = process.env.HOME;', 'const x = options.path;'),
  inRoom(GLOBALS, 'src/store/a.ts', "const x = globalThis.process['env'];", 'const x = process.platform;'),
  inRoom(GLOBALS, 'src/app/a.ts', 'process.exit(1);', "process.once('SIGTERM', stop);"),
  inRoom(GLOBALS, 'src/app/a.ts', 'const clock = Date.now;', 'const instant = Date.parse(text);'),
  inRoom(GLOBALS, 'src/app/a.ts', 'const at = new Date().toISOString();', 'const at = new Date(now).toISOString();'),
  inRoom(GLOBALS, 'src/resolver/a.ts', "console.log('here');", 'observer.failed(code);'),
  inRoom(GLOBALS, 'src/resolver/a.ts', 'const log = console;', 'const { console } = options;'),
  inRoom(GLOBALS, 'src/app/a.ts', "import { env } from 'node:process';", "import { cpus } from 'node:os';"),
  {
    rule: 'no file is longer than the limit',
    path: 'test/a.ts',
    bad: linesOf(MAX_FILE_LINES + 1),
    good: linesOf(MAX_FILE_LINES),
  },
  {
    rule: 'no function is longer than the limit',
    path: 'test/a.ts',
    bad: `const f = () => {\n${linesOf(MAX_FUNCTION_LINES - 1)}};\n`,
    good: `const f = () => {\n${linesOf(MAX_FUNCTION_LINES - 2)}};\n`,
  },
  {
    rule: 'no function is longer than the limit',
    path: 'test/a.ts',
    bad: `it('is long', () => {\n${linesOf(MAX_FUNCTION_LINES - 1)}});\n`,
    good: `describe.skipIf(x)('a suite', () => {\n${linesOf(MAX_FUNCTION_LINES)}});\n`,
  },
  {
    rule: 'no function is longer than the limit',
    path: 'test/a.ts',
    bad: `function storeContract() {\n${linesOf(MAX_FUNCTION_LINES - 1)}}\n`,
    good: `function describeStore() {\n${linesOf(MAX_FUNCTION_LINES)}}\n`,
  },
  {
    rule: 'no function takes more parameters than the limit',
    path: 'bench/a.ts',
    bad: parametersOf(MAX_PARAMETERS + 1),
    good: parametersOf(MAX_PARAMETERS),
  },
  {
    rule: 'no line is wider than the limit',
    path: 'test/a.ts',
    bad: 'x'.repeat(MAX_LINE_WIDTH + 1),
    good: 'x'.repeat(MAX_LINE_WIDTH),
  },
  {
    rule: 'every source file opens with a comment',
    path: 'src/domain/a.ts',
    bad: 'export const x = 1; // Says nothing of what the room does or must not do.',
    good: `${OPENING}export const x = 1;`,
  },
  {
    rule: 'every source file opens with a comment',
    path: 'src/cli/main.ts',
    bad: '#!/usr/bin/env node\n// Short.\n',
    good: `#!/usr/bin/env node\n${OPENING}`,
  },
  inRoom(PLAIN, 'src/domain/a.ts', 'export default 1;', 'export const x = 1;'),
  inRoom(PLAIN, 'src/domain/a.ts', "export * from './b.ts';", 'export { x };'),
  inRoom(PLAIN, 'src/domain/a.ts', "export type { X } from './b.ts';", "import type { X } from './b.ts';"),
  inRoom(PLAIN, 'src/domain/a.ts', 'enum E { A }', "type E = 'A';"),
  inRoom(PLAIN, 'src/domain/a.ts', 'abstract class A {}', 'class A {}'),
  inRoom(PLAIN, 'src/domain/a.ts', 'namespace N { const x = 1; }', "declare module 'x' {}"),
  inRoom(PLAIN, 'src/domain/a.ts', '@sealed class A {}', 'class A {}'),
  inRoom(NAMES, 'src/domain/a.ts', 'function processRecord() {}', 'function parseRecord() {}'),
  inRoom(NAMES, 'src/domain/a.ts', 'const doWork = () => {};', 'const done = () => {};'),
  { rule: NAMES, path: 'src/domain/string-utils.ts', bad: OPENING, good: '' },
  { rule: 'every file parses', path: 'test/a.ts', bad: 'const = 1;', good: 'const x = 1;' },
];

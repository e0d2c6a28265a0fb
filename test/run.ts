// `npm test`: provides what the tests need, checks the sources, then runs every test. Vitest's summary comes last.

import { spawnSync } from 'node:child_process';
import { delimiter, join } from 'node:path';
import { provideTools } from './run/tools.ts';

const ROOT = join(import.meta.dirname, '..');

/** Each with what it says when it fails. The tidy test is one of vitest's. */
const CHECKS: readonly { readonly name: string; readonly command: readonly string[]; readonly mend: string }[] = [
  { name: 'format and lint', command: ['biome', 'check', '.'], mend: 'npm run format mends most of it' },
  { name: 'types', command: ['tsc', '-p', 'tsconfig.json'], mend: 'see the messages above' },
  { name: 'dead code', command: ['knip'], mend: 'delete what nothing uses' },
];

process.exitCode = runAll();

function runAll(): number {
  console.log(`node ${process.version} on ${process.platform} ${process.arch}`);
  if (!provideTools()) return 1;
  const failed = CHECKS.filter((check) => !passes(check.name, check.command));
  if (failed.length > 0) {
    for (const check of failed) console.log(`FAILED ${check.name}: ${check.mend}`);
    return 1;
  }
  return run(['vitest', 'run']);
}

function passes(name: string, command: readonly string[]): boolean {
  const startedAt = performance.now();
  const passed = run(command) === 0;
  console.log(`${passed ? 'passed' : 'FAILED'} ${name} (${((performance.now() - startedAt) / 1000).toFixed(1)} s)`);
  return passed;
}

/** npm puts node_modules/.bin first on the path of its scripts; so does this, to run without npm too. */
function run(command: readonly string[]): number {
  const [name = '', ...args] = command;
  const path = `${join(ROOT, 'node_modules', '.bin')}${delimiter}${process.env.PATH ?? ''}`;
  const result = spawnSync(name, args, {
    cwd: ROOT,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, PATH: path },
    shell: process.platform === 'win32',
  });
  if (result.error !== undefined) console.log(`${name}: ${result.error.message}`);
  return result.status ?? 1;
}

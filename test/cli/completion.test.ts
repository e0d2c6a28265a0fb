// The completion scripts, asked by the shells they are for.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runHere } from './command-line.ts';

let directory: string;
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'jiabiao-completion-'));
  writeFileSync(join(directory, 'products.csv'), '');
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** What each shell is told, so that it prints what it would offer for `$1…`, the last word being completed. */
const ASKING = {
  bash: `source ./script; COMP_WORDS=(jiabiao "$@"); COMP_CWORD=$#; compopt() { :; }; _jiabiao; printf '%s\\n' "\${COMPREPLY[@]}"`,
  // Completion needs a terminal there: what it would call prints instead.
  zsh: `compdef() { :; }; _describe() { print -l -- "\${(@P)2}"; }; compadd() { shift; print -l -- "$@"; }; _files() { print -l -- *; }
    source ./script; words=(jiabiao "$@"); CURRENT=$#words; _jiabiao`,
  fish: 'source ./script; complete -C "jiabiao $argv"',
} as const;

function offered(shell: keyof typeof ASKING, ...words: readonly string[]): readonly string[] {
  const args = shell === 'fish' ? ['-N', '-c', ASKING.fish, '--', ...words] : ['-c', ASKING[shell], shell, ...words];
  const { stdout, stderr, status } = spawnSync(shell, shell === 'zsh' ? ['-f', ...args] : args, {
    cwd: directory,
    encoding: 'utf8',
    env: { PATH: process.env.PATH ?? '', HOME: directory },
  });
  expect(stderr).toBe('');
  expect(status, stdout).not.toBe(127);
  const last = words.at(-1) ?? '';
  const names = stdout.split('\n').map((line) => line.split(/\t|:/)[0] ?? '');
  return names.filter((name) => name !== '' && name.startsWith(last));
}

// Elsewhere the shells are others, or none.
describe.runIf(process.platform === 'linux').each(Object.keys(ASKING) as (keyof typeof ASKING)[])('%s', (shell) => {
  beforeAll(async () => {
    const { code, stdout } = await runHere(['completion', shell]);
    expect(code).toBe(0);
    writeFileSync(join(directory, 'script'), stdout);
  });

  it('offers commands, and what begins as one', () => {
    expect(offered(shell, '')).toEqual(expect.arrayContaining(['serve', 'resolve', 'enterprise', 'completion']));
    expect(offered(shell, 'ent')).toEqual(['enterprise']);
  });

  it('offers commands below a command', () => {
    expect([...offered(shell, 'key', 'r')].sort()).toEqual(['revoke', 'rotate']);
  });

  it('offers options, shared ones too', () => {
    const options = offered(shell, 'enterprise', 'create', '--');
    expect(options).toEqual(expect.arrayContaining(['--name', '--quota', '--json']));
    expect(options).not.toContain('--reason');
  });

  it('offers what an option or an argument may be', () => {
    expect([...offered(shell, 'enterprise', 'create', '--state', '')].sort()).toEqual(['active', 'pending']);
    expect([...offered(shell, 'completion', '')].sort()).toEqual(['bash', 'fish', 'zsh']);
  });

  it('offers files where files are taken', () => {
    expect(offered(shell, 'import', 'prod')).toEqual(['products.csv']);
    expect(offered(shell, 'serve', '--config', 'prod')).toEqual(['products.csv']);
    expect(offered(shell, 'resolve', 'prod')).toEqual([]);
  });
});

it('is for these shells and no other', async () => {
  const { code, stderr } = await runHere(['completion', 'tcsh']);
  expect(code).toBe(2);
  expect(stderr).toContain('bash, zsh, fish');
});

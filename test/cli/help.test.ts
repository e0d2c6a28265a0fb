// What the command line says of itself: every command has examples that it would take, and every exit code is explained.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CommanderError } from 'commander';
import { describe, expect, it } from 'vitest';
import { commandsOf, EXAMPLES } from '../../src/cli/examples.ts';
import { EXIT } from '../../src/cli/exit-codes.ts';
import { createProgram } from '../../src/cli/program.ts';
import type { Terminal } from '../../src/cli/terminal.ts';
import { runHere } from './command-line.ts';

const SILENT: Terminal = { print() {}, note() {}, showsResults: false, showsNotes: false };
const COMMANDS = commandsOf(createProgram(SILENT)).map(([path]) => path);

/** What the command line says against a line, without doing it; '' if it would take it. */
async function objectionTo(line: string): Promise<string> {
  const program = createProgram(SILENT);
  for (const [, command] of commandsOf(program)) {
    if (command.commands.length === 0 || command.registeredArguments.length > 0) command.action(() => {});
  }
  const words = Array.from(line.matchAll(/"([^"]*)"|(\S+)/g), ([, quoted, plain]) => quoted ?? plain ?? '');
  try {
    await program.parseAsync(words, { from: 'user' });
    return '';
  } catch (error) {
    return (error as CommanderError).message;
  }
}

describe('the help of a command', () => {
  it.each(COMMANDS)('jiabiao %s has examples', async (path) => {
    const { code, stdout } = await runHere([...path.split(' ').filter((word) => word !== ''), '--help']);
    expect(code).toBe(0);
    expect(stdout, `add it to src/cli/examples.ts`).toContain('\nExamples:\n');
    for (const [line] of EXAMPLES[path] ?? []) expect(stdout).toContain(`jiabiao ${line}`);
  });

  it.each(
    COMMANDS.map((path) => [path, EXAMPLES[path] ?? []] as const),
  )('jiabiao %s takes them', async (path, lines) => {
    for (const [line] of lines) {
      expect(line.startsWith(path)).toBe(true);
      expect(await objectionTo(line)).toBe('');
    }
  });

  it('has no examples of what does not exist', () => {
    expect(Object.keys(EXAMPLES).filter((path) => !COMMANDS.includes(path))).toEqual([]);
  });

  it.each([
    'serve --nonsense',
    'enterprise create',
    'resolve',
    'import a.csv --format xml',
    'nothing',
  ])('would not show: %s', async (line) => {
    expect(await objectionTo(line)).not.toBe('');
  });
});

describe('exit codes', () => {
  it('are explained, all of them', async () => {
    const { stdout } = await runHere(['--help']);
    const explained = [...stdout.matchAll(/^ {2}(\d) {2}\S/gm)].map(([, code]) => Number(code));
    expect(explained).toEqual(Object.values(EXIT));
  });

  it.each(['README.md', 'README.zh-CN.md'])('are in %s', (name) => {
    const text = readFileSync(join(import.meta.dirname, '..', '..', name), 'utf8');
    const rows = [...text.matchAll(/^\| `(\d)` \| \S/gm)].map(([, code]) => Number(code));
    expect(rows).toEqual(Object.values(EXIT));
  });
});

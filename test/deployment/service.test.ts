// The container, the service and the documents name settings, commands and versions that exist.

import { describe, expect, it } from 'vitest';
import { SETTINGS } from '../../src/app/config.ts';
import { runCommandLine } from '../../src/cli/program.ts';
import type { Terminal } from '../../src/cli/terminal.ts';
import { readText } from './documents.ts';

const FILES = ['Dockerfile', 'docker-compose.yml', 'config/systemd/jiabiao.service', 'config/runbook.md'];

function printer(): Terminal & { readonly lines: string[] } {
  const lines: string[] = [];
  const print = (line: string): void => {
    lines.push(line);
  };
  return { lines, print, note: print, showsResults: false, showsNotes: false };
}

/** `jiabiao WORDS --flags` where it is meant as a command: in code, or in the comment of a service file. */
function commandsIn(text: string): readonly string[] {
  return [
    ...text.matchAll(/(?:^|`|exec jiabiao |prefix \S+ |run -s )jiabiao (?:-- )?([a-z][-a-z]*(?: [^\s`]+)*)/gm),
  ].map(
    ([, command = '']) => command.replace(/ {2,}.*/, ''), // two spaces: an explanation follows
  );
}

/** What the command line says against a command; '' if it knows it. */
async function objectionTo(command: string): Promise<string> {
  const parts = command.split(' ');
  const isWord = (part: string): boolean => /^[a-z][a-z-]*$/.test(part);
  const end = parts.findIndex((part) => !isWord(part));
  const words = parts.slice(0, end < 0 ? undefined : end);
  const terminal = printer();
  const exitCode = await runCommandLine([...words, '--help'], terminal);
  const help = terminal.lines.join('\n');
  const [, path = '', rest = ''] = /^Usage: jiabiao ((?:[a-z][a-z-]* )*)(.*)/.exec(help) ?? [];
  const isGroup = rest.includes('[command]');
  const named = `${words.join(' ')} `;
  // After a command its arguments may look like words; after a group of commands they would be commands.
  const isKnown = isGroup ? named === path : path !== '' && named.startsWith(path);
  if (exitCode !== 0 || !isKnown) return `no command: ${command}`;
  const flags = parts.filter((part) => part.startsWith('--'));
  return flags.every((flag) => help.includes(`${flag} `)) ? '' : `no such option: ${command}`;
}

describe.each(FILES)('%s', (file) => {
  const text = readText(file);

  it('names settings that exist', () => {
    const known = SETTINGS.flatMap(({ path, environment }) => [path, environment]);
    const sections = [...new Set(SETTINGS.map(({ path }) => path.split('.')[0]))].join('|');
    const named = [
      ...(text.match(/\bJIABIAO_[A-Z_]+/g) ?? []),
      ...(text.match(new RegExp(`(?<![\\w./-])(?:${sections})\\.[a-z]\\w*`, 'g')) ?? []),
    ];
    expect(named.length).toBeGreaterThan(0);
    expect(named.filter((name) => !known.includes(name))).toEqual([]);
  });
});

const DOCUMENTS = ['README.md', 'README.zh-CN.md', 'config/README.md', 'config/guide.md', 'config/guide.zh-CN.md'];

describe.each([...FILES, ...DOCUMENTS])('%s', (file) => {
  it('names commands that exist', async () => {
    const objections = await Promise.all(commandsIn(readText(file)).map(objectionTo));
    expect(objections.filter((objection) => objection !== '')).toEqual([]);
  });
});

describe('the reader of commands', () => {
  it('finds them', () => {
    expect(commandsIn('`jiabiao key revoke ID` x `docker compose exec jiabiao jiabiao key list`')).toEqual([
      'key revoke ID',
      'key list',
    ]);
    expect(commandsIn('# npm run -s --prefix /opt/a jiabiao -- config print --describe')).toEqual([
      'config print --describe',
    ]);
    expect(commandsIn('`journalctl -u jiabiao -o cat`, `docker compose exec jiabiao cat x`, jiabiao lives')).toEqual(
      [],
    );
  });

  it('knows a command from one that does not exist', async () => {
    expect(await objectionTo('enterprise set-state 88.118.1 active')).toBe('');
    expect(await objectionTo('config print --describe')).toBe('');
    expect(await objectionTo('enterprise remove 88.118.1')).toMatch(/^no command/);
    expect(await objectionTo('config print --all')).toMatch(/^no such option/);
  });
});

describe('the Dockerfile', () => {
  it('runs on the Node.js that npm ci brings elsewhere', () => {
    const { optionalDependencies } = JSON.parse(readText('package.json')) as {
      optionalDependencies: Record<string, string>;
    };
    const images = [...readText('Dockerfile').matchAll(/^FROM node:([\d.]+)-/gm)].map(([, version]) => version);
    expect(images).toHaveLength(2);
    expect(new Set([...images, ...Object.values(optionalDependencies)]).size).toBe(1);
  });

  it('copies only what .dockerignore lets through', () => {
    const allowed = [...readText('.dockerignore').matchAll(/^!(.+)$/gm)].map(([, path]) => path);
    const copied = [...readText('Dockerfile').matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, sources = '']) =>
      sources.split(' '),
    );
    expect(copied.sort()).toEqual(allowed.sort());
  });
});

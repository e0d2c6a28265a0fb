// Guards the house itself: floors, homes of packages, sizes, names, and documents in step with the code.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { COMMANDS_AND_TYPES, FLOORS, PACKAGE_HOMES, TOP_LEVEL, TOP_LEVEL_IGNORED } from './tidy/house.ts';
import { PLANTED } from './tidy/planted.ts';
import { RULES } from './tidy/rules.ts';
import { readSource } from './tidy/source-file.ts';

const ROOT = join(import.meta.dirname, '..');

function typeScriptFiles(): string[] {
  const inFolders = ['src', 'test', 'bench'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((path) => `${folder}/${path}`),
  );
  return [...inFolders, 'vitest.config.ts']
    .filter((path) => path.endsWith('.ts'))
    .map((path) => path.replaceAll('\\', '/'));
}

const files = typeScriptFiles().map((path) => readSource(path, readFileSync(join(ROOT, path), 'utf8')));

describe('the house', () => {
  it.each(Object.entries(RULES))('%s', (_, rule) => {
    expect(files.flatMap((file) => rule(file))).toEqual([]);
  });

  it('has at the top only what is on the list', () => {
    const found = readdirSync(ROOT).filter((name) => !TOP_LEVEL.has(name) && !TOP_LEVEL_IGNORED.test(name));
    expect(found).toEqual([]);
  });

  it('knows every package of package.json, and no other', () => {
    const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Record<string, object>;
    const declared = ['dependencies', 'devDependencies', 'optionalDependencies'].flatMap((key) =>
      Object.keys(manifest[key] ?? {}),
    );
    const imported = declared.filter((name) => !COMMANDS_AND_TYPES.test(name));
    expect(imported.sort()).toEqual(Object.keys(PACKAGE_HOMES).sort());
  });

  it('has each room on one floor', () => {
    const rooms = FLOORS.flat();
    expect(rooms).toEqual([...new Set(rooms)]);
  });
});

describe('the guard of the house', () => {
  it.each(PLANTED)('sees a violation planted in $path: $rule', ({ rule, path, bad, good }) => {
    const judge = RULES[rule];
    expect(judge?.(readSource(path, bad))).toHaveLength(1);
    const neighbour = good === '' ? readSource('src/domain/a.ts', bad) : readSource(path, good);
    expect(judge?.(neighbour)).toEqual([]);
  });

  it('has a planted violation for every rule', () => {
    expect(Object.keys(RULES).filter((rule) => !PLANTED.some((planted) => planted.rule === rule))).toEqual([]);
  });
});

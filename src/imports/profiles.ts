// Column mappings saved by name, each enterprise's apart: files beside the jobs. What a mapping may say is the registry's.

import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { HandleError } from '../domain/error.ts';
import { MAX_IMPORT_PROFILES, MAX_PROFILE_BYTES } from '../domain/import-limits.ts';
import type { Principal } from '../domain/principal.ts';
import { parseMapping } from '../registry/import-mapping.ts';
import { PROFILE_ENDING as ENDING, PROFILES_FOLDER } from '../store/beside-files.ts';
import { syncDirectory } from './job-files.ts';

export interface ImportProfile {
  readonly name: string;
  /** The mapping's JSON, which has been looked at. */
  readonly mapping: unknown;
}

const NAME = /^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,63}$/u;
/** Of principals that are bound to no prefix. */
const NO_SCOPE = 'node';

export class ImportProfiles {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = join(directory, PROFILES_FOLDER);
  }

  /** Replaces what has the name. Throws `FORBIDDEN`, `PAYLOAD_TOO_LARGE`, `INVALID_REQUEST` with the place in the mapping. */
  put(principal: Principal, name: string, mapping: unknown): ImportProfile {
    if (principal.role !== 'operator' && principal.role !== 'enterprise') {
      throw new HandleError('FORBIDDEN', `A ${principal.role}'s key may not save import profiles.`);
    }
    assertName(name);
    parseMapping(mapping);
    const json = JSON.stringify(mapping);
    if (Buffer.byteLength(json) > MAX_PROFILE_BYTES) throw tooLarge();
    const folder = this.#folderOf(principal);
    mkdirSync(folder, { recursive: true });
    const path = pathIn(folder, name);
    if (!existsSync(path) && readdirSync(folder).length >= MAX_IMPORT_PROFILES) {
      throw new HandleError(
        'INVALID_STATE',
        `There are ${MAX_IMPORT_PROFILES} profiles: delete one that is not needed.`,
      );
    }
    writeFileSync(`${path}.new`, json, { flush: true });
    renameSync(`${path}.new`, path);
    syncDirectory(folder);
    return { name, mapping };
  }

  /** Throws `NOT_FOUND`, `INVALID_REQUEST`. */
  read(principal: Principal, name: string): ImportProfile {
    assertName(name);
    const path = pathIn(this.#folderOf(principal), name);
    if (!existsSync(path)) {
      throw new HandleError(
        'NOT_FOUND',
        `There is no import profile "${name}": save it first, or see which there are.`,
      );
    }
    return { name, mapping: JSON.parse(readFileSync(path, 'utf8')) };
  }

  /** By name. */
  list(principal: Principal): readonly ImportProfile[] {
    const folder = this.#folderOf(principal);
    if (!existsSync(folder)) return [];
    return readdirSync(folder)
      .filter((file) => file.endsWith(ENDING))
      .map((file) => this.read(principal, file.slice(0, -ENDING.length)))
      .sort((one, other) => (one.name < other.name ? -1 : 1));
  }

  /** Imports that were begun with it keep what it said. Throws as `read`. */
  remove(principal: Principal, name: string): void {
    this.read(principal, name);
    rmSync(pathIn(this.#folderOf(principal), name), { force: true });
  }

  #folderOf({ scope }: Principal): string {
    return join(this.#directory, scope ?? NO_SCOPE);
  }
}

function pathIn(folder: string, name: string): string {
  return join(folder, `${name}${ENDING}`);
}

function tooLarge(): HandleError {
  return new HandleError(
    'PAYLOAD_TOO_LARGE',
    `A profile has at most ${MAX_PROFILE_BYTES} bytes: leave out the columns that are not registered.`,
  );
}

function assertName(name: string): void {
  if (NAME.test(name)) return;
  throw new HandleError(
    'INVALID_REQUEST',
    'A profile is called by up to 64 letters, digits, spaces, dots, dashes or underscores, such as "灯具-2026".',
  );
}

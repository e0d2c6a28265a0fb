// Where a write transaction finds enterprises, principals, keys, homes and templates in LMDB, and how those it staged are
// written.

import { bytesFromText, textFromBytes } from '../domain/bytes.ts';
import { decodeEntity, encodeEntity } from './directory-json.ts';
import { versionKey } from './lmdb-keys.ts';
import type { LmdbTables } from './lmdb-tables.ts';
import { type DirectorySource, type Entity, STAGED_TABLES, type StagedDirectory } from './staged-directory.ts';

export function directorySourceOf(tables: LmdbTables): DirectorySource {
  return {
    find: (table, name) => {
      const bytes = tables[table].get(bytesFromText(name));
      return bytes === null ? null : decodeEntity<Entity>(bytes);
    },
    holderOf: (hash) => {
      const id = tables.keyHashes.get(bytesFromText(hash));
      return id === null ? null : textFromBytes(id);
    },
  };
}

export function putDirectory(tables: LmdbTables, staged: StagedDirectory): void {
  for (const table of STAGED_TABLES) {
    for (const [name, entity] of staged.entities(table)) tables[table].put(bytesFromText(name), encodeEntity(entity));
  }
  for (const [hash, id] of staged.keyIds()) {
    if (id === null) tables.keyHashes.remove(bytesFromText(hash));
    else tables.keyHashes.put(bytesFromText(hash), bytesFromText(id));
  }
  for (const version of staged.templateVersions) {
    const key = versionKey(bytesFromText(version.handle), version.revision);
    tables.templateVersions.put(key, encodeEntity(version));
  }
}

// Checks enterprises, principals, keys, homes, templates and lots against one another and the log, and the results of
// idempotent requests against their list by age.

import { type ByteString, bytesFromText, textFromBytes } from '../domain/bytes.ts';
import type { ChangeSubject } from '../domain/change.ts';
import type { Enterprise } from '../domain/enterprise.ts';
import type { Lot } from '../domain/lot.ts';
import type { Home } from '../domain/prefix.ts';
import type { AccessKey, Principal } from '../domain/principal.ts';
import type { Template } from '../domain/template.ts';
import { decodeEntity } from './directory-json.ts';
import { decodeResult } from './idempotency-json.ts';
import type { DirectoryTable } from './lmdb-directory-reading.ts';
import { versionKey } from './lmdb-keys.ts';
import { shownBytes } from './verify-findings.ts';
import { type LoggedRevisions, loggedName } from './verify-log.ts';
import { entityIn, objectionToLot, verifyLotIndexes } from './verify-lots.ts';
import { type Walk, walkTable } from './verify-walk.ts';

interface Entity {
  readonly revision: number;
}

export async function verifyDirectory(walk: Walk, logged: LoggedRevisions): Promise<void> {
  const { findings, view } = walk;
  const options = view.snapshot.options();
  const verify = (
    table: DirectoryTable,
    subject: ChangeSubject,
    check: (entity: Entity, id: string) => string | null,
  ) =>
    walkTable(walk, table, ({ key, value }) => {
      const entity = findings.attempt(
        table,
        () => shownBytes(key),
        () => decodeEntity<Entity>(value),
      );
      if (entity === null) return;
      const id = textFromBytes(key);
      const objection = check(entity, id);
      findings.expect(objection === null, table, () => `${shownBytes(key)} ${objection}`);
      const revision = logged.get(loggedName(subject, id));
      findings.expect(
        revision === entity.revision,
        'log',
        () => `${subject} ${shownBytes(key)} has revision ${entity.revision}, the log ${revision ?? 'none'}`,
      );
    });
  await verify('enterprises', 'enterprise', (entity, id) =>
    (entity as Enterprise).prefix === id ? null : 'is kept under another prefix',
  );
  await verify('principals', 'principal', (entity, id) =>
    (entity as Principal).id === id ? null : 'is kept under another id',
  );
  const keys = await verify('keys', 'key', (entity, id) => {
    const { id: own, principalId, tokenHash } = entity as AccessKey;
    if (own !== id) return 'is kept under another id';
    if (view.tables.principals.get(bytesFromText(principalId), options) === null)
      return `belongs to principal ${principalId}, who does not exist`;
    return view.tables.keyHashes.get(bytesFromText(tokenHash), options) === bytesFromText(id)
      ? null
      : 'is not found by its token';
  });
  await verify('homes', 'home', (entity, id) =>
    (entity as Home).prefix === id ? null : 'is kept under another prefix',
  );
  await verify('templates', 'template', (entity, id) => {
    if ((entity as Template).handle !== id) return 'is kept under another handle';
    const newest = view.tables.templateVersions.get(versionKey(bytesFromText(id), entity.revision), options);
    return newest === view.tables.templates.get(bytesFromText(id), options) ? null : 'is not among its versions';
  });
  await verifyVersions(walk, 'templates');
  await verify('lots', 'lot', (entity, id) => objectionToLot(view, entity as Lot, id));
  await verifyVersions(walk, 'lots');
  await verifyLotIndexes(walk);
  const hashes = await walkTable(walk, 'keyHashes', ({ value }) => {
    const exists = view.tables.keys.get(value, options) !== null;
    findings.expect(exists, 'keyHashes', () => `a token leads to key ${shownBytes(value)}, which does not exist`);
  });
  findings.expect(hashes === keys, 'keyHashes', () => `${hashes} tokens lead to ${keys} keys`);
}

async function verifyVersions(walk: Walk, table: 'templates' | 'lots'): Promise<void> {
  const { findings, view } = walk;
  const versions = table === 'templates' ? 'templateVersions' : 'lotVersions';
  await walkTable(walk, versions, ({ key, value }) => {
    const version = findings.attempt(
      versions,
      () => shownBytes(key),
      () => decodeEntity<Template | Lot>(value),
    );
    if (version === null) return;
    const name = 'handle' in version ? version.handle : version.id;
    const id = bytesFromText(name);
    const newest = view.tables[table].get(id, view.snapshot.options());
    const revision = newest === null ? 0 : (entityIn<Entity>(newest)?.revision ?? version.revision);
    const isOlder = revision >= version.revision;
    findings.expect(
      isOlder && key === versionKey(id, version.revision),
      versions,
      () => `version ${version.revision} of ${name} is not of that ${table === 'templates' ? 'template' : 'lot'}`,
    );
  });
}

export async function verifyIdempotency(walk: Walk): Promise<void> {
  const { findings, view } = walk;
  const options = view.snapshot.options();
  const results = await walkTable(walk, 'idempotency', ({ key, value }) => {
    const stored = findings.attempt(
      'idempotency',
      () => shownBytes(key),
      () => decodeResult(value),
    );
    if (stored === null) return;
    const listed = view.tables.idempotencyByAge.get(stored.ageKey, options);
    findings.expect(listed === key, 'idempotencyByAge', () => `the result ${shownBytes(key)} is not listed by its age`);
  });
  const listed = await walkTable(walk, 'idempotencyByAge', ({ value }) => {
    const exists = view.tables.idempotency.get(value as ByteString, options) !== null;
    findings.expect(exists, 'idempotency', () => `the result ${shownBytes(value)} is listed by its age and gone`);
  });
  findings.expect(
    listed === results,
    'idempotencyByAge',
    () => `${listed} results are listed by age, ${results} stand`,
  );
}

// A backup holds one committed state while writing goes on; what was altered, cut off or belongs to another key is refused,
// and nothing of it reaches the target.

import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Change } from '../../src/domain/change.ts';
import { HandleError } from '../../src/domain/error.ts';
import { parseBackupKey } from '../../src/store/backup-cipher.ts';
import { HEADER_BYTES } from '../../src/store/backup-format.ts';
import { checkBackup, restoreBackup } from '../../src/store/backup-restore.ts';
import type { BackupOptions } from '../../src/store/backup-writer.ts';
import type { RegistryStore } from '../../src/store/registry-store.ts';
import { type LmdbFixture, openLmdb } from './lmdb-world.ts';
import { writeBackupElsewhere } from './visiting.ts';
import { apply, h, NOON, P, put, temporaryDirectory, text } from './world.ts';

const KEY = Buffer.alloc(32, 7);
const OTHER_KEY = Buffer.alloc(32, 8);
const KEYS = new Map([
  ['operator.key', 'jb_token\n'],
  ['lot.key', '0f\n'],
  ['handle-site.key', 'site key\n'],
]);
const PROFILE = 'imports/profiles/88.118.10023/灯具-2026.json';
/** A saved mapping; what is being saved, and an import at work, which are left behind. */
const BESIDE = new Map([
  [PROFILE, '{"handle":"{编号}"}'],
  ['imports/profiles/88.118.10023/half.json.new', '{'],
  ['imports/0mfz3k1x09f2c4a71x/upload', 'a file that somebody imports'],
]);
/** Several chunks' worth. */
const RECORDS = 12_000;

function pageOf(from: number): Change[] {
  return Array.from({ length: 1000 }, (_, i) => {
    const data = `${from + i} ${'沙发'.repeat(20)} ${(Math.sin(from + i) * 1e15).toString(36)}`;
    return put(h(`ITEM-${from + i}`), 0, { values: [text(2000, data)] });
  });
}

async function fill(store: RegistryStore): Promise<void> {
  for (let from = 0; from < RECORDS; from += 1000) await apply(store, ...pageOf(from));
}

function optionsFor(fixture: LmdbFixture, file: string, more: Partial<BackupOptions> = {}): BackupOptions {
  const { path } = fixture;
  return { path, file, key: KEY, maxGrowthBytes: null, nowMs: NOON, progress() {}, ...more };
}

/** What the reading of a backup says. */
function verdictOn(file: string, key = KEY): string {
  const into = `${file}.restored`;
  for (const read of [checkBackup, restoreBackup]) {
    try {
      read({ file, key, into, progress() {} });
    } catch (error) {
      expect(existsSync(into)).toBe(false);
      if (read === checkBackup) continue;
      if (error instanceof HandleError) return `${error.code}: ${error.message}`;
      throw error;
    }
    if (read === checkBackup) throw new Error('it was taken for a sound backup');
  }
  return 'restored';
}

describe('a backup', () => {
  const directory = temporaryDirectory();
  const at = (name: string): string => join(directory.path, name);
  const file = at('sound');
  let fixture: LmdbFixture;

  beforeAll(async () => {
    fixture = await openLmdb();
    await fill(fixture.store);
    for (const [name, content] of KEYS) writeFileSync(join(fixture.path, name), content);
    for (const [name, content] of BESIDE) {
      mkdirSync(join(fixture.path, name, '..'), { recursive: true });
      writeFileSync(join(fixture.path, name), content);
    }
    await writeBackupElsewhere(optionsFor(fixture, file));
    for (const [name] of KEYS) rmSync(join(fixture.path, name));
    rmSync(join(fixture.path, 'imports'), { recursive: true });
  });

  afterAll(async () => {
    await fixture.close();
    directory.remove();
  });

  it('holds the state of its beginning while writing goes on', async () => {
    const { store } = fixture;
    const before = await store.changes(0, 100_000);
    const writing = { stop: false };
    const writer = (async () => {
      for (let i = 0; !writing.stop; i++) await apply(store, put(h(`MEANWHILE-${i}`), 0, { values: [text(1, 'x')] }));
    })();
    let reports = 0;
    const options = optionsFor(fixture, at('busy'), { progress: () => reports++ });
    const done = await writeBackupElsewhere(options);
    writing.stop = true;
    await writer;
    expect(reports).toBeGreaterThan(1);
    expect(store.stats().records).toBeGreaterThan(done.records);
    expect(done.records).toBeGreaterThanOrEqual(RECORDS);
    expect(done.growthBytes).toBeGreaterThanOrEqual(0);

    restoreBackup({ file: at('busy'), key: KEY, into: at('busy-restored'), progress() {} });
    const restored = await openLmdb(at('busy-restored'));
    expect(restored.store.stats()).toMatchObject({ records: done.records, sequence: done.sequence });
    const rows = await restored.store.changes(0, 100_000);
    expect(rows.slice(0, before.length)).toEqual(before);
    expect(rows).toEqual(await store.changes(0, done.sequence));
    const logged = new Set(rows.flatMap(({ entries }) => entries.map(({ name }) => name)));
    const records = (await store.list(P, null, 100_000)).filter(({ handle }) => logged.has(handle));
    expect(await restored.store.list(P, null, 100_000)).toEqual(records);
    await apply(restored.store, put(h('AFTERWARDS')));
    await restored.close();
  });

  it('is smaller than the store, and shows nothing of it', () => {
    const bytes = readFileSync(file);
    expect(bytes.length).toBeLessThan(fixture.store.stats().sizeBytes / 2);
    for (const word of ['ITEM-', '沙发', 'jb_token', 'records']) expect(bytes.includes(word)).toBe(false);
  });

  it('brings the keys beside the store back, readable by their owner alone', () => {
    restoreBackup({ file, key: KEY, into: at('with-keys'), progress() {} });
    for (const [name, content] of KEYS) {
      expect(readFileSync(at(`with-keys/${name}`), 'utf8')).toBe(content);
      expect(statSync(at(`with-keys/${name}`)).mode & 0o777).toBe(0o600);
    }
    expect(readdirSync(at('with-keys')).sort()).toEqual(['data.mdb', 'imports', ...KEYS.keys()].sort());
  });

  it('brings saved mappings back, and no import that was at work', () => {
    restoreBackup({ file, key: KEY, into: at('with-profiles'), progress() {} });
    const below = readdirSync(at('with-profiles/imports'), { recursive: true, withFileTypes: true });
    const files = below.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
    expect(files).toEqual([at(`with-profiles/${PROFILE}`)]);
    expect(readFileSync(at(`with-profiles/${PROFILE}`), 'utf8')).toBe(BESIDE.get(PROFILE));
    expect(statSync(at(`with-profiles/${PROFILE}`)).mode & 0o777).toBe(0o600);
  });

  it('is refused where a key cannot be read, and does without those that are not there', async () => {
    mkdirSync(join(fixture.path, 'lot.key'));
    await expect(writeBackupElsewhere(optionsFor(fixture, at('half')))).rejects.toThrow(/lot\.key cannot be read/);
    expect(existsSync(at('half'))).toBe(false);
    rmdirSync(join(fixture.path, 'lot.key'));
    await writeBackupElsewhere(optionsFor(fixture, at('without')));
    restoreBackup({ file: at('without'), key: KEY, into: at('without-keys'), progress() {} });
    expect(readdirSync(at('without-keys'))).toEqual(['data.mdb']);
  });

  it('goes into an empty directory, and into no other', () => {
    mkdirSync(at('empty'));
    expect(restoreBackup({ file, key: KEY, into: at('empty'), progress() {} }).records).toBe(RECORDS);
    mkdirSync(at('full'));
    writeFileSync(at('full/notes'), 'mine');
    expect(() => restoreBackup({ file, key: KEY, into: at('full'), progress() {} })).toThrow(/not empty/);
    expect(readdirSync(at('full'))).toEqual(['notes']);
    // A directory in which nobody can make one.
    expect(() => restoreBackup({ file, key: KEY, into: '/proc/self/none/below', progress() {} })).toThrow(/restored/);
  });

  it('is refused if any byte was altered', () => {
    const bytes = readFileSync(file);
    const places = [
      0,
      HEADER_BYTES - 33,
      HEADER_BYTES - 1,
      HEADER_BYTES,
      HEADER_BYTES + 3,
      HEADER_BYTES + 4,
      bytes.length - 1,
    ];
    for (let i = 1; i < 12; i++) places.push(Math.floor((bytes.length * i) / 12));
    for (const place of places) {
      const altered = Buffer.from(bytes);
      altered[place] = (altered[place] as number) ^ 1;
      writeFileSync(at('altered'), altered);
      expect(verdictOn(at('altered')), `byte ${place}`).toMatch(
        /^INVALID_REQUEST: .*(altered|cut off|no backup|another key)/,
      );
    }
  });

  it('is refused if it is cut off, wherever', () => {
    const bytes = readFileSync(file);
    const lengths = [0, 1, HEADER_BYTES - 1, HEADER_BYTES, HEADER_BYTES + 2, bytes.length >> 1, bytes.length - 1];
    for (const length of [...lengths, chunksOf(bytes).at(-1)?.start ?? 0]) {
      writeFileSync(at('cut'), bytes.subarray(0, length));
      expect(verdictOn(at('cut')), `${length} bytes`).toMatch(/^INVALID_REQUEST: .*(cut off|no backup)/);
    }
  });

  it('is refused if chunks change places, come twice or are left out, and if anything follows', () => {
    const bytes = readFileSync(file);
    const chunks = chunksOf(bytes).map(({ start, end }) => bytes.subarray(start, end));
    const [header, [first, second, third, ...rest]] = [bytes.subarray(0, HEADER_BYTES), chunks] as [Buffer, Buffer[]];
    const [a, b, c] = [first, second, third] as [Buffer, Buffer, Buffer];
    for (const wrong of [
      [a, c, b],
      [a, b, b, c],
      [b, c],
      [a, c],
    ]) {
      writeFileSync(at('moved'), Buffer.concat([header, ...wrong, ...(rest as Buffer[])]));
      expect(verdictOn(at('moved'))).toMatch(/^INVALID_REQUEST: .*altered/);
    }
    writeFileSync(at('longer'), Buffer.concat([bytes, Buffer.from('x')]));
    expect(verdictOn(at('longer'))).toMatch(/^INVALID_REQUEST: .*altered/);
  });

  it('is refused where it is no file', () => {
    mkdirSync(at('folder'));
    expect(verdictOn(at('folder'))).toMatch(/^INVALID_REQUEST: .*is a directory/);
  });

  it('is refused with another key, and says so', () => {
    expect(verdictOn(file, OTHER_KEY)).toMatch(/^INVALID_REQUEST: .*another key/);
  });

  it('never overwrites a file', async () => {
    writeFileSync(at('taken'), 'mine');
    await expect(writeBackupElsewhere(optionsFor(fixture, at('taken')))).rejects.toMatchObject({
      code: 'ALREADY_EXISTS',
    });
    expect(readFileSync(at('taken'), 'utf8')).toBe('mine');
  });

  it('gives up, and leaves nothing behind, if the store grows by more than is allowed', async () => {
    const options = optionsFor(fixture, at('grown'), { maxGrowthBytes: 100_000 });
    const backup = writeBackupElsewhere(options, { growsBy: 65_536 });
    await expect(backup).rejects.toMatchObject({
      code: 'OVERLOADED',
      message: expect.stringContaining('--max-growth'),
    });
    expect(readdirSync(directory.path).filter((name) => name.startsWith('grown'))).toEqual([]);
  });

  it('says so if its place cannot be written, and if there is no store', async () => {
    const nowhere = optionsFor(fixture, at('missing/backup'));
    await expect(writeBackupElsewhere(nowhere)).rejects.toMatchObject({ code: 'STORE_READ_ONLY' });
    const nothing = optionsFor(fixture, at('nothing'), { path: at('no-store') });
    await expect(writeBackupElsewhere(nothing)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    expect(existsSync(at('nothing'))).toBe(false);
  });
});

it('a store does not open where a restore was broken off', async () => {
  const directory = temporaryDirectory();
  writeFileSync(join(directory.path, 'data.mdb.restoring'), 'the beginning');
  await expect(openLmdb(directory.path)).rejects.toMatchObject({
    code: 'STORE_UNAVAILABLE',
    message: expect.stringContaining('broken off'),
  });
  directory.remove();
});

describe('a key file', () => {
  it.each([
    ['base64', KEY.toString('base64')],
    ['base64 without its end', KEY.toString('base64url')],
    ['hex', KEY.toString('hex')],
    ['a line end', `${KEY.toString('base64')}\r\n`],
  ])('is 32 bytes: %s', (_, content) => {
    expect(parseBackupKey(content)).toEqual(KEY);
  });

  it.each([
    ['nothing', ''],
    ['a passphrase', 'correct horse battery staple'],
    ['31 bytes', KEY.subarray(1).toString('base64')],
    ['33 bytes', Buffer.alloc(33).toString('base64')],
    ['31 bytes in hex', KEY.subarray(1).toString('hex')],
    ['two keys', `${KEY.toString('base64')}\n${KEY.toString('base64')}`],
  ])('is nothing else: %s', (_, content) => {
    expect(() => parseBackupKey(content)).toThrow(/32 random bytes/);
  });
});

function chunksOf(bytes: Buffer): readonly { readonly start: number; readonly end: number }[] {
  const chunks: { start: number; end: number }[] = [];
  for (let start = HEADER_BYTES; start < bytes.length; ) {
    const end = start + 4 + (bytes.readUInt32BE(start) & 0x7fff_ffff);
    chunks.push({ start, end });
    start = end;
  }
  return chunks;
}

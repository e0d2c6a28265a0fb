// Files that are not a sound store of this version are refused, named, and left exactly as they were.

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { open } from 'lmdb';
import { describe, expect, it } from 'vitest';
import { keepLength } from '../../src/store/lmdb-file.ts';
import { openLmdb } from './lmdb-world.ts';
import { apply, h, put, temporaryDirectory, text } from './world.ts';

/** The bytes of a sound store with a few hundred records. */
async function soundStore(): Promise<Buffer> {
  const directory = temporaryDirectory();
  const { store } = await openLmdb(directory.path);
  await apply(store, ...Array.from({ length: 500 }, (_, i) => put(h(`A-${i}`), 0, { values: [text(1, `${i}`)] })));
  await store.close();
  const bytes = readFileSync(join(directory.path, 'data.mdb'));
  directory.remove();
  return bytes;
}

async function expectRefusal(bytes: Buffer, message: RegExp): Promise<void> {
  const directory = temporaryDirectory();
  const file = join(directory.path, 'data.mdb');
  writeFileSync(file, bytes);
  const refused = { code: 'STORE_FORMAT', message: expect.stringMatching(message) };
  await expect(openLmdb(directory.path)).rejects.toMatchObject(refused);
  expect(readFileSync(file).equals(bytes)).toBe(true);
  directory.remove();
}

/** The bytes of an LMDB file that another program made. */
async function foreignStore(fill: (path: string) => Promise<void>): Promise<Buffer> {
  const directory = temporaryDirectory();
  await fill(directory.path);
  const bytes = readFileSync(join(directory.path, 'data.mdb'));
  directory.remove();
  return bytes;
}

function withBytes(bytes: Buffer, at: number, ...changed: number[]): Buffer {
  const copy = Buffer.from(bytes);
  copy.set(changed, at);
  return copy;
}

describe('a file that is no sound store', () => {
  it('is refused if it is something else', async () => {
    await expectRefusal(Buffer.from('hello, world'), /too short/);
    await expectRefusal(Buffer.alloc(20_000, 'text '), /not a store/);
    await expectRefusal(Buffer.alloc(20_000), /not a store/);
  });

  it('is refused if it is cut off anywhere', async () => {
    const sound = await soundStore();
    for (const length of [100, 4096, 5000, 8192, sound.length >> 1, sound.length - 4096, sound.length - 1]) {
      await expectRefusal(sound.subarray(0, length), /short|cut off/);
    }
  });

  it('is refused if its beginning is damaged', async () => {
    const sound = await soundStore();
    await expectRefusal(withBytes(sound, 24, 0, 0), /not a store/);
    await expectRefusal(withBytes(sound, 28, 1), /another version of LMDB/);
    await expectRefusal(withBytes(sound, 4096 + 24, 0), /not a store/);
    await expectRefusal(withBytes(sound, 48, 1), /damaged|not a store/);
  });

  it('is refused if its index leads to pages of noise', async () => {
    const sound = await soundStore();
    const noise = Buffer.from(sound);
    for (let at = 8192; at < noise.length; at++) noise[at] = (at * 31 + (at >> 8) * 17) & 0xff;
    await expectRefusal(noise, /damaged/);
    const zeros = Buffer.from(sound);
    zeros.fill(0, 8192);
    await expectRefusal(zeros, /damaged/);
  });

  it('is refused if it is the LMDB file of another program', async () => {
    const foreign = await foreignStore(async (path) => {
      const root = open({ path, noSubdir: false, overlappingSync: false });
      await root.openDB({ name: 'users' }).put('a', 1);
      await root.close();
    });
    await expectRefusal(foreign, /another program/);
    const similar = await foreignStore(async (path) => {
      const root = open({ path, noSubdir: false, overlappingSync: false });
      await root
        .openDB({ name: 'meta', encoding: 'binary', keyEncoding: 'binary' })
        .put(Buffer.from('format') as never, Buffer.from('elsewhere 1'));
      await root.close();
    });
    await expectRefusal(similar, /another program/);
  });

  it('is refused if its format is newer, and names both versions', async () => {
    const sound = await soundStore();
    const at = sound.indexOf('jiabiao-store 1');
    const newer = Buffer.from(sound);
    for (let place = at; place >= 0; place = newer.indexOf('jiabiao-store 1', place)) {
      newer.write('jiabiao-store 2', place, 'latin1');
    }
    await expectRefusal(newer, /has format 2, this program reads 1/);
  });

  it('is not taken for cut off if LMDB never wrote its last pages, since each commit makes up for them', async () => {
    const sound = await soundStore();
    // The last page, of both meta pages: two pages later than the file has.
    for (const at of [144, 4096 + 144]) sound.writeUInt32LE(sound.readUInt32LE(at) + 2, at);
    await expectRefusal(sound, /cut off/);
    const directory = temporaryDirectory();
    const file = join(directory.path, 'data.mdb');
    writeFileSync(file, sound);
    const keeper = keepLength(file);
    keeper.keep();
    keeper.close();
    const { store } = await openLmdb(directory.path);
    expect(store.stats().records).toBe(500);
    await store.close();
    directory.remove();
  });

  it('is opened if it is sound, or not there, or empty', async () => {
    const directory = temporaryDirectory();
    const fresh = join(directory.path, 'a.directory', 'below');
    const { store } = await openLmdb(fresh);
    await apply(store, put(h('A')));
    await store.close();
    expect(readdirSync(fresh).sort()).toEqual(['data.mdb', 'lock.mdb', 'writer.lock']);
    for (const bytes of [Buffer.alloc(0), await soundStore()]) {
      const path = join(directory.path, String(bytes.length));
      mkdirSync(path);
      writeFileSync(join(path, 'data.mdb'), bytes);
      const opened = await openLmdb(path);
      expect(opened.store.stats().records).toBe(bytes.length === 0 ? 0 : 500);
      await opened.store.close();
    }
    directory.remove();
  });
});

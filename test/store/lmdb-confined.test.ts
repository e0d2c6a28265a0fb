// A store that cannot be written: no space, no permission, or another process that has it.

import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { openLmdb } from './lmdb-world.ts';
import { apply, commit, h, put, temporaryDirectory, text } from './world.ts';
import { startWriting } from './writing-process.ts';

const isRoot = process.getuid?.() === 0;

/** Mounts a small file system of its own on a directory; null where that is not allowed. */
function mountSmall(path: string, options: string): (() => void) | null {
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', path]).status !== 0) return null;
  return () => void spawnSync('umount', ['-l', path]);
}

function canMount(): boolean {
  const directory = temporaryDirectory();
  const unmount = isRoot ? mountSmall(directory.path, 'size=1m') : null;
  unmount?.();
  directory.remove();
  return unmount !== null;
}

const mounts = canMount();

describe.runIf(mounts)('a full disk (a small one of its own, where root may mount it)', () => {
  it('refuses writes, keeps reading, and takes writes again by itself', { timeout: 60_000 }, async () => {
    const directory = temporaryDirectory();
    const unmount = mountSmall(directory.path, 'size=8m');
    const { store, clock } = await openLmdb(directory.path);
    const big = (i: number) => put(h(`BIG-${i}`), 0, { values: [text(1, 'x'.repeat(50_000))] });
    await apply(store, big(0));
    const ballast = join(directory.path, 'ballast');
    writeFileSync(ballast, Buffer.alloc(4 << 20));
    let written = 1;
    while (store.stats().readOnlyReason === null && written < 1000) {
      await commit(store, big(written)).then(
        () => written++,
        (error: { code: string; message: string }) => {
          expect(error.code).toBe('STORE_READ_ONLY');
          expect(error.message).toMatch(/full.*free some space/);
        },
      );
    }
    expect(store.stats().readOnlyReason).toMatch(/full/);
    expect((await store.get(h('BIG-0')))?.revision).toBe(1);
    expect(await store.get(h(`BIG-${written}`))).toBeNull();
    expect(store.stats()).toMatchObject({ records: written, sequence: written });

    rmSync(ballast);
    // Nobody writes: the store finds out by itself, so that a node not ready for writes becomes ready.
    await vi.waitFor(() => expect(store.stats().readOnlyReason).toBeNull(), { timeout: 10_000 });
    clock.nowMs += 1;
    expect(await apply(store, big(written))).toEqual([1]);
    expect((await store.changes(0, 1000)).map((row) => row.sequence)).toEqual(
      Array.from({ length: written + 1 }, (_, i) => i + 1),
    );
    await store.close();
    unmount?.();
    directory.remove();
  });

  it('is opened and read when it is full already, and refused with a word when no store is there', async () => {
    const directory = temporaryDirectory();
    const unmount = mountSmall(directory.path, 'size=4m');
    const path = join(directory.path, 'store');
    const first = await openLmdb(path);
    await apply(first.store, put(h('A')));
    await first.store.close();
    spawnSync('dd', ['if=/dev/zero', `of=${join(directory.path, 'ballast')}`, 'bs=1k']);
    const { store } = await openLmdb(path);
    expect((await store.get(h('A')))?.revision).toBe(1);
    await expect(commit(store, put(h('B')))).rejects.toMatchObject({ code: 'STORE_READ_ONLY' });
    await store.close();
    const refused = { code: 'STORE_UNAVAILABLE', message: expect.stringMatching(/ENOSPC|No space left/) };
    await expect(openLmdb(join(directory.path, 'another'))).rejects.toMatchObject(refused);
    unmount?.();
    directory.remove();
  });

  it('mounted read-only is read, refuses writes and says why', async () => {
    const directory = temporaryDirectory();
    const unmount = mountSmall(directory.path, 'size=4m');
    const first = await openLmdb(directory.path);
    await apply(first.store, put(h('A')));
    await first.store.close();
    expect(spawnSync('mount', ['-o', 'remount,ro', directory.path]).status).toBe(0);
    const { store } = await openLmdb(directory.path);
    expect((await store.get(h('A')))?.revision).toBe(1);
    expect(store.stats().readOnlyReason).toMatch(/is not writable \(EROFS\).*restart/);
    await expect(commit(store, put(h('B')))).rejects.toMatchObject({ code: 'STORE_READ_ONLY' });
    await store.close();
    unmount?.();
    directory.remove();
  });

  it('mounted read-only without a store is refused', async () => {
    const directory = temporaryDirectory();
    const unmount = mountSmall(directory.path, 'size=4m,ro');
    const refused = { code: 'STORE_UNAVAILABLE', message: expect.stringMatching(/no store in it.*not writable/) };
    await expect(openLmdb(directory.path)).rejects.toMatchObject(refused);
    unmount?.();
    directory.remove();
  });
});

describe.runIf(process.platform !== 'win32')(
  'a file that may not grow (a limit of the system, which Windows lacks)',
  () => {
    it('refuses writes and keeps reading', { timeout: 60_000 }, async () => {
      const directory = temporaryDirectory();
      const wrapper = ['bash', '-c', 'ulimit -S -f 2048 && exec "$@"', 'bash'];
      const lines = await startWriting(directory.path, 'until-full', wrapper).rest();
      const said = JSON.parse(lines.at(-1) ?? '{}');
      expect(said).toMatchObject({ code: 'STORE_READ_ONLY', readable: [true, false] });
      expect(said.message).toMatch(/may not grow further: raise the limit|took only a part/);
      expect(said.readOnlyReason).toBe(said.message);
      expect(said.written).toBeGreaterThan(5);
      // Without the limit it opens and goes on where it stopped.
      const { store } = await openLmdb(directory.path);
      expect(store.stats()).toMatchObject({ records: said.written, sequence: said.written });
      expect(await apply(store, put(h('AFTER')))).toEqual([1]);
      await store.close();
      directory.remove();
    });
  },
);

describe('a second writer', () => {
  it('is refused while the first lives, and let in as soon as it was killed', { timeout: 60_000 }, async () => {
    const directory = temporaryDirectory();
    const { child, nextLine } = startWriting(directory.path, 'hold');
    expect(await nextLine()).toBe('open');
    const refused = { code: 'STORE_UNAVAILABLE', message: expect.stringMatching(/Another process has the store/) };
    await expect(openLmdb(directory.path)).rejects.toMatchObject(refused);
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
    const { store } = await openLmdb(directory.path);
    await apply(store, put(h('A')));
    await store.close();
    directory.remove();
  });

  it('is refused within one process too, and let in after a close', async () => {
    const directory = temporaryDirectory();
    const first = await openLmdb(directory.path);
    await expect(openLmdb(directory.path)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    await apply(first.store, put(h('A')));
    await first.store.close();
    const second = await openLmdb(directory.path);
    expect((await second.store.get(h('A')))?.revision).toBe(1);
    await second.store.close();
    directory.remove();
  });
});

describe('a place where no store can be', () => {
  it('is refused with how to mend it', async () => {
    const directory = temporaryDirectory();
    const file = join(directory.path, 'file');
    writeFileSync(file, 'x');
    const refused = { code: 'STORE_UNAVAILABLE', message: expect.stringMatching(/cannot be made/) };
    await expect(openLmdb(file)).rejects.toMatchObject(refused);
    await expect(openLmdb(join(file, 'below'))).rejects.toMatchObject(refused);
    directory.remove();
  });
});

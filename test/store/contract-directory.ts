// How any store keeps enterprises, principals and keys.

import { describe, expect, it } from 'vitest';
import type { Change } from '../../src/domain/change.ts';
import type { Prefix } from '../../src/domain/prefix.ts';
import type { OpenStore } from './contract.ts';
import { apply, commit, h, NOON, put, words } from './world.ts';

function enterprise(prefix: string, expectedRevision = 0, name = '中山家具'): Change {
  const content = { name, state: 'active', hosting: 'here', contact: null, quota: null, holder: null } as const;
  return { kind: 'put-enterprise', expectedRevision, enterprise: { prefix: prefix as Prefix, ...content } };
}

function principal(id: string, expectedRevision = 0): Change {
  const content = { name: id, role: 'operator', scope: null, state: 'active' } as const;
  return { kind: 'put-principal', expectedRevision, principal: { id, ...content } };
}

function key(id: string, tokenHash: string, expectedRevision = 0, revokedAt: number | null = null): Change {
  const content = { principalId: 'p', label: '', expiresAt: null };
  return { kind: 'put-key', expectedRevision, key: { id, tokenHash, revokedAt, ...content } };
}

function home(prefix: string, expectedRevision = 0, more: { foldsCase?: boolean; state?: 'unhomed' } = {}): Change {
  return {
    kind: 'put-home',
    expectedRevision,
    home: { prefix: prefix as Prefix, foldsCase: false, state: 'homed', homedBy: 'operator', ...more },
  };
}

export function describeDirectory(open: OpenStore): void {
  describe('the directory', () => {
    it('keeps enterprises, principals and keys with revisions and instants', async () => {
      const { store, clock, close } = await open();
      await apply(store, enterprise('88.118.1'), principal('p'), key('k', 'aa'));
      clock.nowMs += 1000;
      await apply(store, enterprise('88.118.1', 1, '灯饰'));
      expect(await store.enterprise('88.118.1' as Prefix)).toEqual({
        prefix: '88.118.1',
        name: '灯饰',
        state: 'active',
        hosting: 'here',
        contact: null,
        quota: null,
        holder: null,
        revision: 2,
        createdAt: NOON,
        updatedAt: NOON + 1000,
      });
      expect(await store.principal('p')).toMatchObject({ id: 'p', revision: 1, createdAt: NOON });
      expect(await store.key('k')).toMatchObject({ id: 'k', tokenHash: 'aa', revision: 1 });
      expect(await store.keyByHash('aa')).toEqual(await store.key('k'));
      const nothing = [store.enterprise('88.1' as Prefix), store.principal('q'), store.key(''), store.keyByHash('ab')];
      expect(await Promise.all(nothing)).toEqual([null, null, null, null]);
      await close();
    });

    it('announces a transfer of a prefix, and only that', async () => {
      const { store, visible, close } = await open();
      const held = (expectedRevision: number, holder: string | null): Change => {
        const change = enterprise('88.118.1', expectedRevision) as Extract<Change, { kind: 'put-enterprise' }>;
        return { ...change, enterprise: { ...change.enterprise, holder: holder as Prefix | null } };
      };
      await apply(store, enterprise('88.118.1'), enterprise('88.118.1', 1, '灯饰'), held(2, '88.118.2'));
      await apply(store, held(3, '88.118.2'), held(4, null));
      expect(await store.enterprise('88.118.1' as Prefix)).toMatchObject({ holder: null, revision: 5 });
      const transferred = visible.map((change) => change.subject === 'enterprise' && change.transferred);
      expect(transferred).toEqual([false, false, true, false, true]);
      await close();
    });

    it('compares and swaps, also within one request', async () => {
      const { store, close } = await open();
      const { outcomes } = await commit(
        store,
        enterprise('88.1'),
        enterprise('88.1'),
        enterprise('88.1', 1),
        principal('p', 3),
      );
      expect(words(outcomes)).toEqual([1, 'REVISION_CONFLICT', 2, 'REVISION_CONFLICT']);
      await close();
    });

    it('knows a token by one key only', async () => {
      const { store, visible, close } = await open();
      await apply(store, key('k1', 'aa'));
      expect(words((await commit(store, key('k2', 'aa'))).outcomes)).toEqual(['ALREADY_EXISTS']);
      visible.length = 0;
      await apply(store, key('k1', 'bb', 1));
      expect(visible).toEqual([
        { subject: 'key', tokenHash: 'bb' },
        { subject: 'key', tokenHash: 'aa' },
      ]);
      expect(await store.keyByHash('aa')).toBeNull();
      expect((await store.keyByHash('bb'))?.id).toBe('k1');
      expect(words((await commit(store, key('k2', 'aa'))).outcomes)).toEqual([1]);
      await close();
    });

    it('lists in order, page by page', async () => {
      const { store, close } = await open();
      await apply(store, ...['88.118.2', '88.118.10', '88.118.1'].map((prefix) => enterprise(prefix)));
      await apply(store, principal('b'), principal('a'), key('k2', 'b'), key('k1', 'a'));
      const page = async (after: string | null, limit: number): Promise<string[]> =>
        (await store.enterprises(after as Prefix | null, limit)).map((found) => found.prefix);
      expect(await page(null, 10)).toEqual(['88.118.1', '88.118.10', '88.118.2']);
      expect(await page(null, 1)).toEqual(['88.118.1']);
      expect(await page('88.118.1', 1)).toEqual(['88.118.10']);
      expect(await page('88.118.2', 1)).toEqual([]);
      expect(await page(null, 0)).toEqual([]);
      expect((await store.principals('a', 10)).map((found) => found.id)).toEqual(['b']);
      expect((await store.keys(null, 10)).map((found) => found.id)).toEqual(['k1', 'k2']);
      await close();
    });

    it('remembers what it is or was home to, in order, with the rule of case', async () => {
      const { store, visible, close } = await open();
      expect(await store.homes()).toEqual([]);
      await apply(store, home('88.119'), home('20.500', 0, { foldsCase: true }));
      expect(words((await commit(store, home('88.119'))).outcomes)).toEqual(['REVISION_CONFLICT']);
      await apply(store, home('88.119', 1, { state: 'unhomed' }));
      expect(await store.homes()).toMatchObject([
        { prefix: '20.500', foldsCase: true, state: 'homed', revision: 1, createdAt: NOON },
        { prefix: '88.119', foldsCase: false, state: 'unhomed', revision: 2, createdAt: NOON },
      ]);
      expect(visible.at(-1)).toEqual({ subject: 'home', prefix: '88.119' });
      expect((await store.changes(1, 10)).flatMap((row) => row.entries)).toEqual([
        { subject: 'home', action: 'updated', name: '88.119', revision: 2 },
      ]);
      await close();
    });

    it('is in the change log, and announced', async () => {
      const { store, visible, close } = await open();
      await apply(store, enterprise('88.118.1'), principal('p'), key('k', 'aa'), put(h('A', '88.118.1')));
      await apply(store, key('k', 'aa', 1, NOON));
      expect((await store.changes(0, 10)).flatMap((row) => row.entries)).toEqual([
        { subject: 'enterprise', action: 'created', name: '88.118.1', revision: 1 },
        { subject: 'principal', action: 'created', name: 'p', revision: 1 },
        { subject: 'key', action: 'created', name: 'k', revision: 1 },
        { subject: 'record', action: 'created', name: h('A', '88.118.1'), revision: 1 },
        { subject: 'key', action: 'revoked', name: 'k', revision: 2 },
      ]);
      expect((await store.changes(0, 10, '88.118.1' as Prefix)).map((row) => row.sequence)).toEqual([1]);
      expect(visible.map((change) => change.subject)).toEqual(['enterprise', 'principal', 'key', 'record', 'key']);
      await close();
    });
  });
}

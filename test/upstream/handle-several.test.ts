// Among several sites the Handle protocol's client asks the one that has been answering best, and at each the server that has the
// handle; whoever fails is passed by.

import { describe, expect, test } from 'vitest';
import type { ByteString } from '../../src/domain/bytes.ts';
import { serverPlaceOf } from '../../src/upstream/handle-hash.ts';
import { siteOfData } from '../../src/upstream/handle-sites.ts';
import { RESPONSE } from '../../src/wire/protocol.ts';
import { url } from '../handle-server/client.ts';
import { failure, openScriptedHandle, type ScriptedHandleServer, serves, siteOn } from './scripted-handle-server.ts';
import { because, handleServer, handleWorld } from './world.ts';

const OAK = [url(1, 'https://oak.example/')];

describe('several sites', () => {
  const sitesOf = (...data: ByteString[]) =>
    ({
      start: { kind: 'server', sites: data.map((one) => siteOfData(one, () => true)).filter((one) => one !== null) },
    }) as const;

  test('the other answers for one that hangs or refuses, within the same deadline, and is asked first after that', async () => {
    const gone = await openScriptedHandle();
    await gone.close();
    const hanging = await handleServer(() => {});
    const good = await handleServer();
    for (const bad of [gone, hanging]) {
      const { ask, trips } = handleWorld(good, { deadlineMs: 600 }, sitesOf(siteOn([bad]), siteOn([good])));
      expect(await ask()).toMatchObject({ kind: 'found' });
      expect(await ask('20.500/B')).toMatchObject({ kind: 'found' });
      expect(trips).toEqual(['found', 'found']);
    }
    expect(hanging.asked.length).toBe(1);
  });

  test('one that says it is ill is passed by, and not asked once more over UDP', async () => {
    const ill = await handleServer((request, door) => door.send(failure(request, RESPONSE.tooBusy)));
    const good = await handleServer();
    const { ask } = handleWorld(good, {}, sitesOf(siteOn([ill]), siteOn([good])));
    expect(await ask()).toMatchObject({ kind: 'found' });
    expect(ill.asked).toHaveLength(1);
    const alone = handleWorld(ill, {}, sitesOf(siteOn([ill])));
    await expect(alone.ask()).rejects.toMatchObject(because(/code 3/));
    expect(ill.asked).toHaveLength(2);
  });

  test('the nearer one is asked, though the other comes first in the record', async () => {
    const far = await handleServer((request, door) =>
      setTimeout(() => serves({ [request.handle]: OAK })(request, door), 60),
    );
    const near = await handleServer(
      serves(Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`20.500/${i}`, OAK]))),
    );
    const { ask } = handleWorld(near, {}, sitesOf(siteOn([far]), siteOn([near])));
    for (let i = 0; i < 9; i++) expect(await ask(`20.500/${i}`)).toMatchObject({ kind: 'found' });
    expect([far.asked.length, near.asked.length]).toEqual([1, 8]);
  });

  test('of each the server that has the handle is asked', async () => {
    const all = [await handleServer(), await handleServer(), await handleServer()];
    const { ask } = handleWorld(all[0] as ScriptedHandleServer, {}, sitesOf(siteOn(all, { hashOption: 1 })));
    for (let i = 0; i < 20; i++) await ask(`20.500/${i}`);
    for (const [place, { asked }] of all.entries()) {
      expect(asked.length).toBeGreaterThan(0);
      for (const { handle } of asked) expect(serverPlaceOf(handle as never, 1, 3)).toBe(place);
    }
  });

  test('a prefix that a mirror does not know yet is asked for at the primary', async () => {
    const primary = await handleServer(serves({ '0.NA/20.500': [], '20.500/A': OAK }));
    const mirror = await handleServer(serves({}));
    const sites = sitesOf(siteOn([mirror], { primary: false }), siteOn([primary])).start.sites;
    const { ask } = handleWorld(primary, {}, { start: { kind: 'root', sites } });
    expect(await ask('20.500/A')).toMatchObject({ kind: 'found' });
    expect(mirror.asked.map(({ handle }) => handle)).toEqual(['0.NA/20.500']);
    expect(primary.asked.map(({ handle }) => handle)).toEqual(['0.NA/20.500', '20.500/A']);
  });
});

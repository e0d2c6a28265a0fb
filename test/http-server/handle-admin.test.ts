// Who may do what through the Handle API: secrets, administrators and groups as the values of handles name them, and the
// node's own rules, which hold at this door as at every other.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  ADMIN,
  type AdministeredDoor,
  admin,
  group,
  openAdministered,
  secretKey,
  url,
  user,
} from './administration.ts';
import { CHAIRS, FOLDED, LAMPS } from './door.ts';

const SECRET = 'moon over the workshop';
const CHIEF = user(ADMIN, 301, SECRET);
const CLERK = user(`${CHAIRS}/CLERK`, 5, 'clerk');

let door: AdministeredDoor;

const path = (handle: string): string => `/api/handles/${handle}`;
const put = (who: string, handle: string, ...values: object[]) => door.as(who, 'PUT', path(handle), { json: values });

beforeAll(async () => {
  door = await openAdministered();
  await door.write(ADMIN, secretKey(301, SECRET), admin(100, ADMIN, 301));
  await door.write(`${CHAIRS}/CLERK`, secretKey(5, 'clerk'));
});

afterAll(() => door.close());

describe('HTTP Basic', () => {
  it('opens what the secret-key value names, over TLS', async () => {
    expect(await put(CHIEF, `${CHAIRS}/b1`, url(1))).toMatchObject({ status: 201, json: { responseCode: 1 } });
  });

  it('is ignored where others could listen', async () => {
    const headers = { 'x-forwarded-proto': 'http' };
    const told = await door.as(CHIEF, 'PUT', path(`${CHAIRS}/b2`), { json: [url(1)], headers });
    expect(told).toMatchObject({ status: 403, json: { responseCode: 402, handle: `${CHAIRS}/b2` } });
    expect(told.headers['www-authenticate']).toBeUndefined();
    expect(await door.store.get(`${CHAIRS}/b2` as never)).toBeNull();
  });

  it.each([
    ['a wrong secret', user(ADMIN, 301, 'sun')],
    ['no secret', user(ADMIN, 301, '')],
    ['a value that is no secret key', user(ADMIN, 100, SECRET)],
    ['a value that is not there', user(ADMIN, 302, SECRET)],
    ['a handle that is not there', user(`${CHAIRS}/NOBODY`, 301, SECRET)],
    ['a handle of another node', user('99.9999/ADMIN', 301, SECRET)],
    ['a colon that is not encoded', `301:${ADMIN}:${SECRET}`],
    ['an escape that is none', `301%3${ADMIN}:${SECRET}`],
    ['an index beyond 31 bits', user(ADMIN, 2 ** 31, SECRET)],
    ['no colon at all', 'nobody'],
  ])('refuses %s, always in the same words', async (_what, credential) => {
    for (const method of ['PUT', 'GET', 'DELETE']) {
      const told = await door.as(credential, method, path(`${CHAIRS}/b1`), method === 'PUT' ? { json: [] } : {});
      expect(told).toMatchObject({ status: 401, text: '' });
      expect(told.headers['www-authenticate']).toBe('Basic realm="handle", error="Authentication failed"');
    }
    expect((await door.store.get(`${CHAIRS}/b1` as never))?.revision).toBe(1);
  });

  it('asks scripts in a browser for no name and password', async () => {
    const headers = { 'x-forwarded-proto': 'https', 'x-requested-with': 'XMLHttpRequest' };
    const told = await door.ask('DELETE', path(`${CHAIRS}/b1`), { headers });
    expect(told.status).toBe(401);
    expect(told.headers['www-authenticate']).toMatch(/^Handle sessionId="[^"]+", nonce="[^"]+"$/);
  });

  it('takes secrets of any bytes, colons among them', async () => {
    const secret = 'a:b 椅';
    await door.write(`${CHAIRS}/BYTES`, secretKey(1, secret));
    const told = await door.as(user(`${CHAIRS}/BYTES`, 1, secret), 'GET', path(ADMIN));
    expect(told.status).toBe(200);
  });

  it('ends at once when the secret is replaced, and when its handle is deleted', async () => {
    const keyHolder = `${CHAIRS}/ROTATED`;
    const ask = (secret: string) => door.as(user(keyHolder, 1, secret), 'GET', path(`${CHAIRS}/b1`));
    await door.write(keyHolder, secretKey(1, 'old'));
    expect((await ask('old')).status).toBe(200);
    expect((await ask('old')).status).toBe(200);
    await door.write(keyHolder, secretKey(1, 'new'));
    expect((await ask('old')).status).toBe(401);
    expect((await ask('new')).status).toBe(200);
    expect((await door.as(CHIEF, 'DELETE', path(keyHolder))).status).toBe(200);
    expect((await ask('new')).status).toBe(401);
  });

  it('is slowed for a network that keeps failing, but not for a secret that was right before', async () => {
    const other = await openAdministered();
    await other.write(ADMIN, secretKey(301, SECRET), admin(100, ADMIN, 301));
    expect((await other.as(CHIEF, 'GET', path(ADMIN))).status).toBe(200);
    const headers = { 'x-forwarded-for': '10.0.0.1' };
    let last = 0;
    for (let i = 0; i < 500 && last !== 429; i++) {
      last = (await other.as(user(ADMIN, 301, `guess ${i}`), 'GET', path(ADMIN), { headers })).status;
    }
    expect(last).toBe(429);
    expect((await other.as(CHIEF, 'GET', path(ADMIN), { headers })).status).toBe(200);
    await other.close();
  });
});

describe('administrators', () => {
  it('whom nothing names may do nothing, and learn nothing', async () => {
    for (const handle of [`${CHAIRS}/b1`, `${CHAIRS}/missing`]) {
      expect(await put(CLERK, handle, url(1))).toMatchObject({ status: 403, json: { responseCode: 400, handle } });
      expect((await door.as(CLERK, 'DELETE', path(handle))).json).toEqual({ responseCode: 400, handle });
      const nothingNew = await door.as(CLERK, 'PUT', `${path(handle)}?overwrite=false`, { json: [] });
      expect(nothingNew.json).toEqual({ responseCode: 400, handle });
    }
  });

  it('may do what one HS_ADMIN value of the record gives, no more', async () => {
    const handle = `${CHAIRS}/partly`;
    // From the left: list, read, add/remove/modify admin, add/remove/modify value, delete/add derived, delete/add handle.
    await door.write(handle, url(1), url(2), admin(100, `${CHAIRS}/CLERK`, 5, '000001010000'));
    const valueAt = (index: number) => `${path(handle)}?index=${index}`;
    expect((await door.as(CLERK, 'PUT', valueAt(1), { json: [url(1, 'http://y/')] })).status).toBe(200);
    expect((await door.as(CLERK, 'PUT', valueAt(3), { json: [url(3)] })).status).toBe(201);
    const missing = { status: 403, json: { responseCode: 401 } };
    expect(await door.as(CLERK, 'DELETE', valueAt(2))).toMatchObject(missing);
    expect(await door.as(CLERK, 'DELETE', path(handle))).toMatchObject(missing);
    expect(await door.as(CLERK, 'PUT', valueAt(101), { json: [admin(101, ADMIN, 5)] })).toMatchObject(missing);
    expect(await door.as(CLERK, 'PUT', valueAt(100), { json: [url(100)] })).toMatchObject(missing);
    expect(await door.as(CLERK, 'PUT', valueAt(1), { json: [admin(1, ADMIN, 5)] })).toMatchObject(missing);
    expect(await door.as(CLERK, 'GET', `${path(handle)}?publicOnly=false`)).toMatchObject(missing);
    expect((await door.store.get(handle as never))?.values.map(({ index }) => index)).toEqual([1, 2, 3, 100]);
  });

  it('lose it as soon as the HS_ADMIN value says otherwise', async () => {
    const handle = `${CHAIRS}/lost`;
    await door.write(handle, url(1), admin(100, `${CHAIRS}/CLERK`, 5));
    expect((await put(CLERK, handle, url(1, 'http://y/'), admin(100, `${CHAIRS}/CLERK`, 5))).status).toBe(200);
    await door.write(handle, url(1), admin(100, `${CHAIRS}/CLERK`, 6));
    expect((await put(CLERK, handle, url(1))).status).toBe(403);
  });

  it('with index 0 are any value of their handle, and a name without an index is not one of them', async () => {
    const handle = `${CHAIRS}/any`;
    await door.write(handle, url(1), admin(100, `${CHAIRS}/CLERK`, 0));
    expect((await door.as(CLERK, 'DELETE', `${path(handle)}?index=1`)).status).toBe(200);
    const unnamed = `${CHAIRS}/CLERK:clerk`;
    await door.write(handle, url(1), admin(100, `${CHAIRS}/CLERK`, 5));
    expect((await door.as(unnamed, 'DELETE', `${path(handle)}?index=1`)).json).toEqual({ responseCode: 400, handle });
  });

  it('are members of groups, and of groups in groups, to a depth', async () => {
    const clerk = [`${CHAIRS}/CLERK`, 5] as const;
    await door.write(`${CHAIRS}/G1`, group(1, [`${CHAIRS}/G2`, 0]), group(2, [`${CHAIRS}/G1`, 1]));
    await door.write(`${CHAIRS}/G2`, group(7, [`${CHAIRS}/G1`, 2], [`${CHAIRS}/G3`, 7], ['99.9999/FOREIGN', 1]));
    await door.write(`${CHAIRS}/G3`, group(7, clerk), group(8, [ADMIN, 301]));
    await door.write(`${CHAIRS}/grouped`, url(1), admin(100, `${CHAIRS}/G1`, 1));
    expect((await door.as(CLERK, 'DELETE', `${path(`${CHAIRS}/grouped`)}?index=1`)).status).toBe(200);
    for (const [from, to] of [
      [4, 5],
      [5, 6],
      [6, 7],
    ])
      await door.write(`${CHAIRS}/D${from}`, group(1, [`${CHAIRS}/D${to}`, 1]));
    await door.write(`${CHAIRS}/D7`, group(1, clerk));
    await door.write(`${CHAIRS}/deep`, url(1), admin(100, `${CHAIRS}/D4`, 1));
    expect((await door.as(CLERK, 'DELETE', `${path(`${CHAIRS}/deep`)}?index=1`)).status).toBe(200);
    await door.write(`${CHAIRS}/D3`, group(1, [`${CHAIRS}/D4`, 1]));
    await door.write(`${CHAIRS}/deep`, url(1), admin(100, `${CHAIRS}/D3`, 1));
    expect((await door.as(CLERK, 'DELETE', `${path(`${CHAIRS}/deep`)}?index=1`)).status).toBe(403);
  });

  it('leave read-only values as they are', async () => {
    const handle = `${CHAIRS}/fixed`;
    await door.write(handle, { ...url(1), permissions: '1010' }, url(2), admin(100, `${CHAIRS}/CLERK`, 5));
    const told = await door.as(CLERK, 'PUT', `${path(handle)}?index=1`, { json: [url(1, 'http://y/')] });
    expect(told).toMatchObject({
      status: 403,
      json: { responseCode: 401, message: expect.stringContaining('read-only') },
    });
    expect((await door.as(CLERK, 'DELETE', `${path(handle)}?index=2`)).status).toBe(200);
  });

  it('of a prefix reach every record below it, and see private values', async () => {
    const handle = `${CHAIRS}/private`;
    await door.write(handle, url(1), { ...url(2), permissions: '1100' }, { ...url(3), permissions: '0000' });
    const indexes = async (who: string, query = '') =>
      ((await door.as(who, 'GET', `${path(handle)}${query}`)).json.values as { index: number }[]).map(
        (one) => one.index,
      );
    expect(await indexes(CHIEF)).toEqual([1, 2]);
    expect(await indexes(CHIEF, '?publicOnly')).toEqual([1]);
    expect(await indexes(CLERK)).toEqual([1]);
    expect((await door.as(CHIEF, 'GET', `${path(handle)}?callback=steal`)).status).toBe(400);
  });

  it('are told by the prefix handle first, which operators write', async () => {
    await door.write(`0.NA/${LAMPS}`, admin(100, `${CHAIRS}/CLERK`, 5));
    await door.write(`${LAMPS}/ADMIN`, secretKey(1, 'lamps'), admin(100, `${LAMPS}/ADMIN`, 1));
    expect((await put(CLERK, `${LAMPS}/a`, url(1))).status).toBe(201);
    expect((await put(user(`${LAMPS}/ADMIN`, 1, 'lamps'), `${LAMPS}/b`, url(1))).status).toBe(403);
  });
});

describe('the node’s own rules', () => {
  it('keep an administrator of an enterprise from what only operators write', async () => {
    const site = { index: 1, type: 'HS_SERV', data: `${CHAIRS}/SITE` };
    expect((await put(CHIEF, `${CHAIRS}/serv`, site)).status).toBe(403);
    expect((await put(CHIEF, `0.NA/${CHAIRS}`, admin(100, ADMIN, 301))).status).toBe(403);
    expect((await put(CHIEF, '88.118/own', url(1))).status).toBe(403);
    expect(await put(CHIEF, '99.9999/x', url(1))).toMatchObject({ status: 400, json: { responseCode: 301 } });
  });

  it('let the operator’s own prefix be administered as by an operator', async () => {
    await door.write(`${FOLDED}/ADMIN`, secretKey(1, 'folded'), admin(100, `${FOLDED}/ADMIN`, 1));
    const chief = user(`${FOLDED}/ADMIN`, 1, 'folded');
    const serv = { index: 1, type: 'HS_SERV', data: `${FOLDED}/SITE` };
    expect((await put(chief, `${FOLDED}/serv`, serv)).status).toBe(201);
    expect((await put(chief, `${CHAIRS}/serv`, serv)).status).toBe(403);
  });

  it('let keys do here what they do elsewhere', async () => {
    const handle = `${CHAIRS}/by-key`;
    expect((await door.ask('PUT', path(handle), { key: door.chairs, json: [url(1)] })).status).toBe(201);
    expect((await door.ask('PUT', path(handle), { key: door.reader, json: [url(1)] })).status).toBe(403);
    expect((await door.ask('DELETE', path(`${LAMPS}/a`), { key: door.chairs })).json).toMatchObject({
      responseCode: 400,
    });
    const bad = await door.ask('PUT', path(handle), { key: 'jb_wrong', json: [url(1)] });
    expect(bad).toMatchObject({ status: 403, json: { responseCode: 402 } });
    expect((await door.ask('DELETE', path(handle), { key: door.chairs })).status).toBe(200);
  });

  it('stop the administrators of a suspended enterprise, and its quota those of a full one', async () => {
    const own = await openAdministered();
    await own.write(ADMIN, secretKey(301, SECRET), admin(100, ADMIN, 301));
    await own.directory.updateEnterprise(own.actor, CHAIRS, { quota: 1 }, null);
    const attempt = () => own.as(CHIEF, 'PUT', path(`${CHAIRS}/one-more`), { json: [] });
    expect(await attempt()).toMatchObject({ status: 403, json: { responseCode: 401 } });
    await own.directory.updateEnterprise(own.actor, CHAIRS, { quota: null, state: 'suspended' }, null);
    expect(await attempt()).toMatchObject({ status: 403, json: { responseCode: 400 } });
    expect((await own.as(CHIEF, 'GET', path(ADMIN))).status).toBe(200);
    await own.directory.updateEnterprise(own.actor, CHAIRS, { state: 'active' }, null);
    expect((await attempt()).status).toBe(201);
    await own.close();
  });

  it('put every write into the change log, under the administrator’s name', async () => {
    await put(CHIEF, `${CHAIRS}/logged`, url(1));
    const rows = await door.store.changes(0, 1000, CHAIRS as never);
    expect(rows.at(-1)).toMatchObject({ principalId: `301:${ADMIN}`, entries: [{ name: `${CHAIRS}/logged` }] });
  });
});

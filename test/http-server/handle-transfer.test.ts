// Administrators of the handle system and who holds a prefix: records name them, and outlive the holder that had them named.

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ADMIN, type AdministeredDoor, admin, openAdministered, secretKey, url, user } from './administration.ts';
import { CHAIRS, LAMPS } from './door.ts';

const CHIEF = user(ADMIN, 301, 'of the chairs');
const CLERK = user(`${CHAIRS}/CLERK`, 5, 'clerk of the chairs');
const LAMPLIGHTER = user(`${LAMPS}/ADMIN`, 301, 'of the lamps');
const RECORD = `${CHAIRS}/A`;
const PRIVATE = { ...url(2), permissions: '1100' };

let door: AdministeredDoor;

const put = (who: string, handle: string, ...values: object[]) =>
  door.as(who, 'PUT', `/api/handles/${handle}`, { json: values });
const list = (who: string) => door.as(who, 'GET', `/api/handles?prefix=${CHAIRS}`);
const transfer = (to: string | null) => door.directory.transferEnterprise(door.actor, CHAIRS, to, null);

async function indexesFor(who: string): Promise<number[]> {
  const { values } = (await door.as(who, 'GET', `/api/handles/${RECORD}`)).json as { values: { index: number }[] };
  return values.map(({ index }) => index);
}

/** Everything an administrator can do under the prefix, tried out. */
async function powersOf(who: string): Promise<object> {
  const replaced = await put(who, RECORD, url(1), PRIVATE, admin(100, `${CHAIRS}/CLERK`, 5), admin(101, ADMIN, 301));
  const created = await put(who, `${CHAIRS}/NEW`, url(1));
  const valued = await door.as(who, 'PUT', `/api/handles/${RECORD}?index=1`, { json: [url(1)] });
  const deleted = await door.as(who, 'DELETE', `/api/handles/${CHAIRS}/NEW`);
  const statuses = [replaced, created, valued, deleted, await list(who)].map(({ status }) => status);
  return { statuses, seesPrivate: (await indexesFor(who)).includes(2) };
}

const ALL = { statuses: [200, 201, 200, 200, 200], seesPrivate: true };
const NONE = { statuses: [403, 403, 403, 403, 403], seesPrivate: false };

beforeEach(async () => {
  door = await openAdministered();
  await door.write(ADMIN, secretKey(301, 'of the chairs'), admin(100, ADMIN, 301));
  await door.write(`${CHAIRS}/CLERK`, secretKey(5, 'clerk of the chairs'));
  await door.write(`${LAMPS}/ADMIN`, secretKey(301, 'of the lamps'), admin(100, `${LAMPS}/ADMIN`, 301));
  await door.write(RECORD, url(1), PRIVATE, admin(100, `${CHAIRS}/CLERK`, 5), admin(101, ADMIN, 301));
});
afterEach(() => door.close());

describe('when a prefix has been transferred', () => {
  it('the administrators of its former holder can do nothing under it, whatever names them', async () => {
    expect(await powersOf(CHIEF)).toEqual(ALL);
    await transfer(LAMPS);
    for (const who of [CHIEF, CLERK]) expect(await powersOf(who)).toEqual(NONE);
    await door.write(`0.NA/${CHAIRS}`, admin(100, `${CHAIRS}/CLERK`, 5), admin(101, ADMIN, 301));
    for (const who of [CHIEF, CLERK]) expect(await powersOf(who)).toEqual(NONE);
  });

  it('nor can those whom the former holder has under another prefix', async () => {
    const { prefix } = await door.directory.createEnterprise(door.actor, {
      ...{ prefix: null, name: 'Chairs, second house', state: 'active', contact: null, quota: null },
    });
    const second = user(`${prefix}/ADMIN`, 1, 'second');
    await door.write(`${prefix}/ADMIN`, secretKey(1, 'second'));
    await transfer(LAMPS);
    await door.write(RECORD, url(1), PRIVATE, admin(100, `${prefix}/ADMIN`, 1));
    await door.write(ADMIN, admin(100, `${prefix}/ADMIN`, 1));
    await door.write(`0.NA/${CHAIRS}`, admin(100, `${prefix}/ADMIN`, 1));
    expect(await powersOf(second)).toEqual(NONE);
  });

  it('those of the new holder can do everything once its key has named them', async () => {
    await transfer(LAMPS);
    expect(await powersOf(LAMPLIGHTER)).toEqual(NONE);
    const named = [secretKey(301, 'of the chairs'), admin(100, `${LAMPS}/ADMIN`, 301), admin(101, ADMIN, 301)];
    expect((await door.ask('PUT', `/api/handles/${ADMIN}`, { key: door.chairs, json: named })).status).toBe(403);
    await door.write(ADMIN, ...named);
    expect(await powersOf(LAMPLIGHTER)).toEqual(ALL);
    expect(await powersOf(CHIEF)).toEqual(NONE);
  });

  it('and given back, those of the holder in between are out again, and the first ones in', async () => {
    await transfer(LAMPS);
    const both = [admin(100, `${LAMPS}/ADMIN`, 301), admin(101, ADMIN, 301), secretKey(301, 'of the chairs')];
    await door.write(ADMIN, ...both);
    await door.write(RECORD, url(1), PRIVATE, admin(100, `${LAMPS}/ADMIN`, 301));
    expect(await powersOf(LAMPLIGHTER)).toEqual(ALL);
    await transfer(null);
    await door.write(RECORD, url(1), PRIVATE, admin(100, `${LAMPS}/ADMIN`, 301));
    expect(await powersOf(LAMPLIGHTER)).toEqual(NONE);
    expect(await powersOf(CHIEF)).toEqual(ALL);
  });

  it('its state decides for the administrators of the new holder', async () => {
    await door.write(ADMIN, admin(100, `${LAMPS}/ADMIN`, 301));
    await transfer(LAMPS);
    await door.directory.updateEnterprise(door.actor, CHAIRS, { state: 'suspended' }, null);
    expect((await put(LAMPLIGHTER, `${CHAIRS}/B`, url(1))).status).toBe(201);
    await door.directory.updateEnterprise(door.actor, LAMPS, { state: 'suspended' }, null);
    expect((await put(LAMPLIGHTER, `${CHAIRS}/C`, url(1))).status).toBe(403);
  });
});

describe('under the prefix of an enterprise', () => {
  it('the administrators of another one have no say, unless the prefix handle names them', async () => {
    await door.write(RECORD, url(1), PRIVATE, admin(100, `${LAMPS}/ADMIN`, 301));
    await door.write(ADMIN, admin(100, `${LAMPS}/ADMIN`, 301));
    expect(await powersOf(LAMPLIGHTER)).toEqual(NONE);
    await door.write(`0.NA/${CHAIRS}`, admin(100, `${LAMPS}/ADMIN`, 301));
    expect(await powersOf(LAMPLIGHTER)).toEqual(ALL);
  });

  it('those whose names stand below it are its own', async () => {
    const workshop = user(`${CHAIRS}.7/ADMIN`, 1, 'workshop');
    await door.write(`${CHAIRS}.7/ADMIN`, secretKey(1, 'workshop'));
    await door.write(ADMIN, admin(100, `${CHAIRS}.7/ADMIN`, 1));
    expect(await powersOf(workshop)).toEqual(ALL);
    await transfer(LAMPS);
    expect(await powersOf(workshop)).toEqual(NONE);
  });
});

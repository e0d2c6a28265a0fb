// Secrets of administrators (HS_SECKEY): who knows one may act as its owner, so who only reads is not shown it.

import { afterAll, beforeAll, expect, it } from 'vitest';
import { LAMPS, type OpenDoor, openDoor } from './door.ts';

const HANDLE = `${LAMPS}/ADMIN-9`;
const SECRET = { index: 300, type: 'HS_SECKEY', data: 'not for readers', permissions: '1100' };
const NOTE = { index: 2000, type: 'NOTE', data: 'for administrators', permissions: '1100' };

let door: OpenDoor;
beforeAll(async () => {
  door = await openDoor();
  const path = `/v1/identifiers/${HANDLE}`;
  expect((await door.ask('PUT', path, { key: door.operator, json: { values: [SECRET, NOTE] } })).status).toBe(201);
});
afterAll(() => door.close());

const now = () => new Date(door.clock.nowMs).toISOString();

it.each([
  ['the own record', () => `/v1/identifiers/${HANDLE}`],
  ['the own record as it was', () => `/v1/identifiers/${HANDLE}?at=${now()}`],
  ['the resolved handle', () => `/api/handles/${HANDLE}`],
  ['the resolved handle, by its type', () => `/api/handles/${HANDLE}?type=HS_SECKEY&type=NOTE`],
  ['the resolved handle as it was', () => `/api/handles/${HANDLE}?at=${now()}`],
])('%s shows a secret to who may write it, and to a reader everything else', async (_name, path) => {
  const types = async (key: string): Promise<string[]> =>
    ((await door.ask('GET', path(), { key })).json.values as { type: string }[]).map(({ type }) => type);
  expect(await types(door.operator)).toEqual(['HS_SECKEY', 'NOTE']);
  expect(await types(door.reader)).toEqual(['NOTE']);
});

// What is kept of plain resolutions, so that they need not be made anew, is never told when something else is true.

import { afterEach, beforeEach, expect, it } from 'vitest';
import type { ByteString } from '../../src/domain/bytes.ts';
import type { Handle } from '../../src/domain/handle.ts';
import { type HomedPrefix, parsePrefix } from '../../src/domain/prefix.ts';
import { Spellings } from '../../src/handle-server/spellings.ts';
import type { HandleWrite } from '../../src/registry/handle-writes.ts';
import { FOLDED } from '../http-server/door.ts';
import { PUBLIC, resolution, response, url } from './client.ts';
import { type OpenHandleDoor, openHandleDoor } from './door.ts';
import { register, registerAdmin } from './registering.ts';

let door: OpenHandleDoor;

beforeEach(async () => {
  door = await openHandleDoor();
  await registerAdmin(door);
});
afterEach(() => door.close());

/** Often enough that all is kept that ever is. */
async function told(handle: string, wish: Parameters<typeof resolution>[1] = {}) {
  const client = { address: '192.0.2.1', door: 'handle-tcp' } as const;
  let last = '';
  for (let i = 0; i < 4; i++) {
    const { messages } = await door.answerer.answer(resolution(handle, wish), client);
    for await (const message of messages) last = message;
  }
  return response(last as never);
}

const URL = { index: 1, type: 'URL', data: 'http://x/' };
async function write(operation: HandleWrite): Promise<void> {
  const requester = { kind: 'key', principal: door.http.actor.principal } as const;
  const target = { spelled: `${FOLDED}/K1`, mintsSuffix: false, requestId: 'r' };
  await door.http.handleRecords.write(requester, target, operation);
}

it('a change, another second, other flags and another version are told at once', async () => {
  await register(door, `${FOLDED}/K1`, [URL]);
  const first = await told(`${FOLDED}/K1`);
  expect(first.body.content).toMatchObject({ values: [{ data: 'http://x/' }] });
  door.http.clock.nowMs += 1000;
  const second = await told(`${FOLDED}/K1`);
  expect(second.header.expiresAt - first.header.expiresAt).toBe(1);
  expect((await told(`${FOLDED}/K1`, { flags: 0 })).header.opFlags).toBe(second.header.opFlags & ~PUBLIC);
  expect((await told(`${FOLDED}/K1`, { minor: 3 })).envelope).toMatchObject({ minor: 3, suggestedMinor: 11 });
  expect((await told(`${FOLDED}/K1`)).envelope.minor).toBe(11);
  await write({ operation: 'put-record', values: [url(1, 'http://y/')], overwrite: true });
  expect((await told(`${FOLDED}/K1`)).body.content).toMatchObject({ values: [{ data: 'http://y/' }] });
  await write({ operation: 'delete' });
  expect((await told(`${FOLDED}/K1`)).header.responseCode).toBe(100);
});

it('each is answered for its own request, as it has spelled the handle', async () => {
  await register(door, `${FOLDED}/K1`, [URL]);
  for (const requestId of [1, -2, 0x7fff_ffff]) {
    expect((await told(`${FOLDED}/K1`, { requestId })).envelope.requestId).toBe(requestId);
  }
  expect((await told(`${FOLDED}/k1`)).body.content).toMatchObject({ handle: `${FOLDED}/k1` });
  expect((await told(`${FOLDED}/K1`)).body.content).toMatchObject({ handle: `${FOLDED}/K1` });
});

it('a value that becomes private is challenged for', async () => {
  await register(door, `${FOLDED}/K1`, [URL]);
  expect((await told(`${FOLDED}/K1`, { flags: 0 })).header.responseCode).toBe(1);
  await write({ operation: 'put-record', values: [{ ...url(1, 'secret'), permissions: 12 }], overwrite: true });
  expect((await told(`${FOLDED}/K1`, { flags: 0 })).header.responseCode).toBe(402);
  expect((await told(`${FOLDED}/K1`)).header.responseCode).toBe(200);
});

it('what a spelling meant is forgotten when other prefixes are homed, and long ones are not kept', () => {
  let homed: readonly HomedPrefix[] = [{ prefix: parsePrefix('88.1'), foldsCase: false }];
  const spellings = new Spellings(() => homed);
  const keep = (spelled: string) => {
    spellings.get(spelled as ByteString);
    spellings.keep(spelled as ByteString, spelled as Handle);
    return spellings.get(spelled as ByteString)?.handle ?? null;
  };
  expect(keep('88.1/x')).toBe('88.1/x');
  homed = [{ prefix: parsePrefix('88.1'), foldsCase: true }];
  expect(spellings.get('88.1/x' as ByteString)).toBeNull();
  expect(keep(`88.1/${'x'.repeat(251)}`)).not.toBeNull();
  expect(keep(`88.1/${'x'.repeat(252)}`)).toBeNull();
});

// Messages of the Handle protocol in the body of a POST: the same answer as over TCP, whatever the body is.

import { afterAll, beforeAll, expect, it } from 'vitest';
import { ENVELOPE_BYTES, MAX_MESSAGE_BYTES } from '../../src/wire/protocol.ts';
import { type OpenHandleDoor, openHandleDoor } from '../handle-server/door.ts';
import { caseNamed, fromHex, messagesIn } from '../wire/handle-vectors.ts';
import type { Told } from './door.ts';

const MESSAGE_TYPE = 'application/x-hdl-message';
const request = fromHex(caseNamed('resolve-all-tcp#1').request[0] as string);

let handle: OpenHandleDoor;
beforeAll(async () => {
  handle = await openHandleDoor({
    http: {
      isFoldedAlone: true,
      options: {
        answerMessage: async (message, { address }) =>
          handle.answerer.answer(message, { address, door: 'handle-http' }),
      },
    },
  });
});
afterAll(() => handle.close());

function post(body: Buffer | string, path = '/', accept = MESSAGE_TYPE): Promise<Told> {
  const bytes = typeof body === 'string' ? Buffer.from(body, 'latin1') : body;
  return handle.http.ask('POST', path, { headers: { 'content-type': MESSAGE_TYPE, accept }, body: bytes });
}

it('a message is answered as over TCP, at any path', async () => {
  const [byTcp] = await handle.tcp(request);
  for (const path of ['/', '/anything/at?all']) {
    const told = await post(request, path);
    expect(told).toMatchObject({ status: 200, headers: { 'content-type': MESSAGE_TYPE } });
    expect(told.bytes.toString('latin1')).toBe(byTcp);
  }
  expect(handle.http.seen.resolved.at(-1)).toMatchObject({ door: 'handle-http' });
});

it('what is no message is answered as far as its ids can be read', async () => {
  expect(await post('')).toMatchObject({ status: 200, text: '' });
  expect(await post('short')).toMatchObject({ status: 200, text: '' });
  const broken = await post(`${request.slice(0, -4)}\xff\xff\xff\xff`);
  const [answer] = messagesIn({ name: '', transport: 'tcp', request: [], response: [] }, [
    broken.bytes.toString('hex'),
  ]);
  expect(answer?.slice(8, 12)).toBe(request.slice(8, 12));
});

it('the largest message is read, and one that is larger is not', async () => {
  expect((await post(Buffer.alloc(ENVELOPE_BYTES + MAX_MESSAGE_BYTES))).status).toBe(200);
  expect((await post(Buffer.alloc(ENVELOPE_BYTES + MAX_MESSAGE_BYTES + 1))).status).toBe(413);
});

it('who does not take a message for an answer gets none, and nobody does where the protocol is off', async () => {
  expect((await post(request, '/x', '*/*')).headers['content-type']).not.toBe(MESSAGE_TYPE);
  const off = await openHandleDoor({ http: { isFoldedAlone: true } });
  const headers = { 'content-type': MESSAGE_TYPE, accept: MESSAGE_TYPE };
  expect((await off.http.ask('POST', '/x', { headers, body: request })).status).toBe(404);
  await off.close();
});

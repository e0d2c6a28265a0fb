// What is logged of the Handle protocol: of plain resolutions a sample and what is kept, of everything else each request.

import { afterEach, describe, expect, it } from 'vitest';
import type { ByteString } from '../../src/domain/bytes.ts';
import type { ResolutionSampling } from '../../src/logbook/resolution-sample.ts';
import { encodeMessage } from '../../src/wire/message.ts';
import { OPERATION } from '../../src/wire/protocol.ts';
import { FOLDED } from '../http-server/door.ts';
import { answered, bytes, codeOf, request, resolution, response } from './client.ts';
import { type OpenHandleDoor, openHandleDoor } from './door.ts';
import { ADMIN, register, registerAdmin } from './registering.ts';

let door: OpenHandleDoor;

afterEach(() => door.close());

async function open(sampling: ResolutionSampling): Promise<void> {
  door = await openHandleDoor({
    options: { sampling },
    http: {
      isFoldedAlone: true,
      interrupt: ({ handle }) => {
        if (handle.endsWith('/DEFECT')) throw new TypeError('a defect');
        return null;
      },
    },
  });
  await registerAdmin(door);
  await register(door, `${FOLDED}/l1`, [
    { index: 1, type: 'URL', data: 'http://x/' },
    { index: 4, type: 'NOTE', data: 'hidden', permissions: '1100' },
  ]);
}

async function told(message: ByteString): Promise<ByteString> {
  return (await door.tcp(message))[0] as ByteString;
}

describe('of plain resolutions', () => {
  it('none is logged if no sample is wanted, but every defect is, with what caused it', async () => {
    await open({});
    for (const name of ['l1', 'none', 'DEFECT']) await told(resolution(`${FOLDED}/${name}`));
    expect(door.log).toMatchObject([
      { opCode: 1, responseCode: 2, failure: { code: 'INTERNAL', cause: { message: 'a defect' } }, plain: null },
    ]);
  });

  it('one in so many is, by TCP and UDP together, with its handle and what it was told', async () => {
    await open({ resolutionSample: 3 });
    const asked = resolution(`${FOLDED}/none`);
    for (let i = 0; i < 3; i++) {
      await told(asked);
      await door.udp(asked);
    }
    const entry = { opCode: 1, handle: `${FOLDED}/none`, responseCode: 100, failure: null, identity: null };
    const plain = { sampled: true, kept: false };
    expect(door.log).toMatchObject([
      { ...entry, plain, client: { door: 'handle-tcp', address: '127.0.0.1' } },
      { ...entry, plain, client: { door: 'handle-udp' } },
    ]);
  });

  it('those are that are kept, while there is room', async () => {
    let room = 2;
    await open({ keepsResolution: () => room-- > 0 });
    for (let i = 0; i < 4; i++) await told(resolution(`${FOLDED}/l1`));
    const plain = { sampled: false, kept: true };
    expect(door.log).toMatchObject([
      { responseCode: 1, plain },
      { responseCode: 1, plain },
    ]);
    expect(new Set(door.log.map(({ requestId }) => requestId)).size).toBe(2);
  });
});

it('a resolution of somebody who has proven to be is logged as theirs, whatever the sample', async () => {
  await open({ resolutionSample: 1000 });
  const body = {
    kind: 'resolution',
    handle: bytes(`${FOLDED}/l1`),
    indexes: [4],
    types: [],
    trailer: bytes(''),
  } as const;
  const challenge = response(await told(encodeMessage(request(OPERATION.resolution, body))));
  expect(door.log).toEqual([]);
  expect(codeOf(await told(encodeMessage(answered(challenge, ADMIN))))).toBe(1);
  expect(door.log).toMatchObject([{ opCode: 1, identity: `301:${FOLDED}/ADMIN`, responseCode: 1, plain: null }]);
});

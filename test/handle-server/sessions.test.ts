// Sessions: set up by Diffie-Hellman, proven once, signed or encrypted, in every version; and nothing counts twice.

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ByteString } from '../../src/domain/bytes.ts';
import { makeValue } from '../../src/domain/handle-value.ts';
import { encodeMessage, type RequestMessage } from '../../src/wire/message.ts';
import { FLAG, OPERATION } from '../../src/wire/protocol.ts';
import { FOLDED } from '../http-server/door.ts';
import { answered, bytes, ClientSession, codeOf, PUBLIC, request, response, url, write } from './client.ts';
import { type OpenHandleDoor, openHandleDoor } from './door.ts';
import { ADMIN, register, registerAdmin } from './registering.ts';

let door: OpenHandleDoor;

beforeAll(async () => {
  door = await openHandleDoor();
  await registerAdmin(door);
  await register(door, `${FOLDED}/s1`, [
    { index: 1, type: 'URL', data: 'http://x/' },
    { index: 4, type: 'NOTE', data: 'hidden', permissions: '1100' },
  ]);
});

afterAll(() => door.close());

async function told(message: ByteString): Promise<ByteString> {
  return (await door.tcp(message))[0] as ByteString;
}

async function openSession(minor = 11, seconds = 600): Promise<ClientSession> {
  const { message, open } = ClientSession.setup(ADMIN, { minor, suggestedMinor: minor, seconds });
  return open(response((await door.udp(message)).message));
}

/** Says it; if that is answered with a challenge, answers that. */
async function prove(session: ClientSession, message: RequestMessage) {
  const challenge = session.open(await told(session.seal(message)));
  expect(challenge.header.responseCode).toBe(402);
  const flags = message.header.opFlags;
  return session.open(await told(session.seal(answered(challenge, ADMIN, { flags }))));
}

const addition = (index: number, flags = 0, minor = 11) =>
  write(OPERATION.addValue, `${FOLDED}/s1`, [url(index, 'http://y/')], { flags: flags | FLAG.overwrite, minor });
const hidden = (flags = 0, minor = 11) =>
  request(
    OPERATION.resolution,
    { kind: 'resolution', handle: bytes(`${FOLDED}/s1`), indexes: [4], types: [], trailer: bytes('') },
    { flags, minor },
  );
const end = request(OPERATION.sessionTerminate, { kind: 'handle', handle: bytes('/') });

describe('a session', () => {
  it.each([
    2, 3, 4, 5, 6, 7, 8, 9, 10, 11,
  ])('in version 2.%i is proven once, and then all that is signed counts', async (minor) => {
    const session = await openSession(minor);
    expect((await prove(session, addition(50, 0, minor))).header.responseCode).toBe(1);
    const read = session.open(await told(session.seal(hidden(0, minor))));
    expect(read.body.content).toMatchObject({ kind: 'values', values: [{ index: 4, data: 'hidden' }] });
    const removal = { kind: 'remove-values', handle: bytes(`${FOLDED}/s1`), indexes: [50] } as const;
    expect(codeOf(await told(session.seal(request(OPERATION.removeValue, removal, { minor }))))).toBe(1);
    expect(codeOf(await told(session.seal({ ...end, envelope: { ...end.envelope, minor } })))).toBe(1);
    expect(codeOf(await told(session.seal(hidden(0, minor))))).toBe(500);
  });

  it('signs its responses when asked to, and encrypts what is not for everyone', async () => {
    const session = await openSession();
    const done = await prove(session, addition(51, FLAG.certify));
    expect(session.isCertified(done)).toBe(true);
    const sealed = await told(session.seal(hidden(FLAG.certify)));
    expect(sealed).not.toContain('hidden');
    const read = session.open(sealed);
    expect(session.isCertified(read)).toBe(true);
    expect(read.body.content).toMatchObject({ values: [{ data: 'hidden' }] });
  });

  it('encrypts both ways when asked to', async () => {
    const session = await openSession();
    expect((await prove(session, addition(52, FLAG.encrypt))).header.responseCode).toBe(1);
    const asked = session.seal(hidden(FLAG.encrypt));
    const sealed = await told(asked);
    expect(asked + sealed).not.toMatch(/hidden|s1/);
    expect(session.open(sealed).body.content).toMatchObject({ values: [{ data: 'hidden' }] });
  });

  it('that nobody has proven yet answers what is public', async () => {
    const session = await openSession();
    const open = { ...hidden(PUBLIC), body: { ...hidden().body, indexes: [1] } } as RequestMessage;
    expect(codeOf(await told(session.seal(open)))).toBe(1);
  });
});

describe('a message of a session is refused', () => {
  let session: ClientSession;

  beforeEach(async () => {
    session = await openSession();
    await prove(session, addition(53));
  });

  it('if it comes twice', async () => {
    const message = session.seal(hidden());
    expect(codeOf(await told(message))).toBe(1);
    expect(codeOf(await told(message))).toBe(505);
  });

  it('if its counter is older than any that can be told apart, and not if it was only overtaken', async () => {
    expect(codeOf(await told(session.seal(hidden(), 1000)))).toBe(1);
    expect(codeOf(await told(session.seal(hidden(), 999)))).toBe(1);
    expect(codeOf(await told(session.seal(hidden(), 700)))).toBe(505);
    expect(codeOf(await told(session.seal(hidden(), 0)))).toBe(505);
    expect(codeOf(await told(session.seal(hidden(), -1)))).toBe(505);
  });

  it('if it is not signed, or somebody has changed it', async () => {
    const { envelope } = hidden();
    const unsigned = encodeMessage({ ...hidden(), envelope: { ...envelope, sessionId: session.id } });
    expect(codeOf(await told(unsigned))).toBe(404);
    const changed = session.seal(hidden()).replace('/s1', '/s2') as ByteString;
    expect(codeOf(await told(changed))).toBe(404);
  });

  it('if it cannot be decrypted', async () => {
    const message = session.seal(hidden(FLAG.encrypt));
    const spoilt = `${message.slice(0, -4)}xxxx` as ByteString;
    expect([4, 404]).toContain(codeOf(await told(spoilt)));
  });

  it('when its time is over', async () => {
    const short = await openSession(11, 5);
    await prove(short, addition(54));
    door.http.clock.nowMs += 4999;
    expect(codeOf(await told(short.seal(hidden())))).toBe(1);
    door.http.clock.nowMs += 1;
    expect(codeOf(await told(short.seal(hidden())))).toBe(500);
  });

  it('as that of its administrator once the secret has been replaced', async () => {
    expect(codeOf(await told(session.seal(addition(55))))).toBe(1);
    const modified = (secret: string) =>
      write(OPERATION.modifyValue, ADMIN.handle, [
        makeValue({ index: 301, type: bytes('HS_SECKEY'), data: bytes(secret), permissions: 12 }),
      ]);
    expect(codeOf(await told(session.seal(modified('another secret'))))).toBe(1);
    const challenge = response(await told(session.seal(addition(56))));
    expect(challenge.header.responseCode).toBe(402);
    expect(codeOf(await told(session.seal(answered(challenge, ADMIN))))).toBe(403);
    const again = response(await told(session.seal(modified(ADMIN.secret))));
    const right = answered(again, { ...ADMIN, secret: 'another secret' });
    expect(codeOf(await told(session.seal(right)))).toBe(1);
  });
});

describe('a session is not set up', () => {
  const { message } = ClientSession.setup(ADMIN);
  it.each([
    ['with a prime that is too short', (sound: string) => replacedKey(sound, 64), 504],
    ['with a prime that costs too much time', (sound: string) => replacedKey(sound, 600), 504],
    ['in a mode nobody uses any more', (sound: string) => sound.replace('\0\x04\0\0\x02\x58', '\0\x03\0\0\x02\x58'), 4],
  ])('%s', async (_, spoil, code) => {
    expect(codeOf(await told(message))).toBe(1);
    expect(codeOf(await told(spoil(message) as ByteString))).toBe(code);
  });

  it('for somebody else than who answers its challenge', async () => {
    const { message, open } = ClientSession.setup({ ...ADMIN, index: 300 });
    const session = open(response(await told(message)));
    const challenge = session.open(await told(session.seal(addition(58))));
    expect(codeOf(await told(session.seal(answered(challenge, ADMIN))))).toBe(403);
  });
});

/** The same setup with a key of another size. */
function replacedKey(message: string, primeBytes: number): ByteString {
  const sized = request(OPERATION.sessionSetup, {
    ...{ kind: 'session-setup', mode: 4, timeoutSeconds: 60, identityHandle: bytes(''), identityIndex: 0 },
    ...{ keyHandle: bytes(''), keyIndex: 0, trailer: bytes('') },
    publicKey: Buffer.from(
      `0000000a44485f5055425f4b45590000${'00000001'}02${primeBytes.toString(16).padStart(8, '0')}${'7f'.repeat(primeBytes)}0000000102`,
      'hex',
    ).toString('latin1') as ByteString,
  });
  return message === '' ? bytes('') : encodeMessage(sized);
}

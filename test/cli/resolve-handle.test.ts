// `jiabiao resolve --protocol handle` as a person and a script use it: at a real node, and at servers that lead elsewhere.

import { writeFileSync } from 'node:fs';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { type ByteString, bytesFromText } from '../../src/domain/bytes.ts';
import { makeValue } from '../../src/domain/handle-value.ts';
import { RESPONSE } from '../../src/wire/protocol.ts';
import { encodePublicKey } from '../../src/wire/public-key-value.ts';
import { siteFromJson, siteToJson } from '../../src/wire/site-json.ts';
import { encodeSite } from '../../src/wire/site-value.ts';
import { bytes, url } from '../handle-server/client.ts';
import { openHandleDoor } from '../handle-server/door.ts';
import { register } from '../handle-server/registering.ts';
import { CHAIRS } from '../http-server/door.ts';
import {
  failure,
  type HandleScript,
  openScriptedHandle,
  reply,
  type ScriptedHandleServer,
  serves,
  siteOn,
} from '../upstream/scripted-handle-server.ts';
import { recording } from '../wire/handle-vectors.ts';
import { newDirectory, runHere } from './command-line.ts';

const directory = newDirectory();
const opened: ScriptedHandleServer[] = [];
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
});
afterAll(() => directory.remove());

async function server(script?: HandleScript): Promise<ScriptedHandleServer> {
  const scripted = await openScriptedHandle(script);
  opened.push(scripted);
  return scripted;
}

const HANDLE = '20.500/OAK';
const typed = (index: number, type: string, data: string) =>
  makeValue({ index, type: bytes(type), data: bytesFromText(data) });
const ask = (port: number, ...more: readonly string[]) =>
  runHere(['resolve', HANDLE, '--protocol', 'handle', `127.0.0.1:${port}`, ...more]);

describe('resolve --protocol handle', () => {
  test('asks a node as any client would, over TCP or UDP', async () => {
    const door = await openHandleDoor({ http: {} });
    await register(door, `${CHAIRS}/OAK`, [{ index: 2, type: 'URL', data: 'https://example.com/oak' }]);
    const words = ['resolve', `${CHAIRS}/OAK`, '--protocol', 'handle', `127.0.0.1:${door.port}`];
    for (const more of [[], ['--udp'], ['--certified'], ['--auth']]) {
      expect(await runHere([...words, ...more])).toEqual({
        code: 0,
        stdout: `${CHAIRS}/OAK\n  INDEX  TYPE  DATA\n  2      URL   https://example.com/oak\n`,
        stderr: more[0] === '--certified' ? expect.stringMatching(/^The key is what the server says of itself/) : '',
      });
    }
    expect(await runHere(['resolve', `${CHAIRS}/NONE`, ...words.slice(2)])).toMatchObject({
      code: 4,
      stderr: `${CHAIRS}/NONE is not registered, or is revoked.\n`,
    });
    await door.close();
  });

  test('shows each step of the way with its time', async () => {
    const leaf = await server(
      serves({ [HANDLE]: [typed(1, 'HS_ALIAS', '20.500/ASH')], '20.500/ASH': [url(1, 'https://a.example/')] }),
    );
    const top = await server((request, door) => {
      if (request.handle !== '0.NA/20.500') door.send(failure(request, RESPONSE.notResponsible));
      else
        serves({ '0.NA/20.500': [makeValue({ ...url(1, ''), type: bytes('HS_SITE'), data: siteOn([leaf]) })] })(
          request,
          door,
        );
    });
    const { code, stdout, stderr } = await ask(top.port, '--trace', '--allow-network', '127.0.0.1');
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: '20.500/ASH\n  INDEX  TYPE  DATA\n  1      URL   https://a.example/\n',
    });
    expect(stderr.replace(/ *[\d.]+ ms/g, 'MS').split('\n')).toEqual([
      `MS  ${HANDLE}  TCP 127.0.0.1:${top.port}: 301 not responsible, 52 bytes`,
      expect.stringMatching(/^MS {2}site information {2}TCP/),
      `MS  0.NA/20.500  TCP 127.0.0.1:${top.port}: 1 success, 160 bytes`,
      '              0.NA/20.500 is answered for by site 1',
      `MS  ${HANDLE}  TCP 127.0.0.1:${leaf.port} (site 1, server 1): 1 success, 110 bytes`,
      `              ${HANDLE} is an alias of 20.500/ASH`,
      `MS  20.500/ASH  TCP 127.0.0.1:${leaf.port} (site 1, server 1): 1 success, 113 bytes`,
      '',
    ]);
  });

  test('prints JSON for scripts, with the way', async () => {
    const { port } = await server();
    const { code, stdout, stderr } = await ask(port, '--json');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({
      responseCode: 1,
      handle: HANDLE,
      values: [{ index: 1, type: 'URL', data: { format: 'string', value: 'https://example.com/' } }],
      trace: [
        { kind: 'exchange', handle: HANDLE, transport: 'TCP', host: '127.0.0.1', port, responseCode: 1, failure: null },
      ],
    });
  });

  test('asks for some values, and follows an alias nevertheless unless it is told not to', async () => {
    const { port, asked } = await server(
      serves({
        [HANDLE]: [typed(3, 'HS_ALIAS', '20.500/ASH')],
        '20.500/ASH': [url(1, 'https://a.example/'), typed(2, 'NOTE', 'x')],
      }),
    );
    expect(await ask(port, '--type', 'URL')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^20.500\/ASH\n.*\n {2}1 +URL +https:\/\/a.example\/\n$/),
    });
    expect(await ask(port, '--ignore-aliases')).toMatchObject({ code: 0, stdout: expect.stringContaining('HS_ALIAS') });
    expect(asked.map(({ handle }) => handle)).toEqual([HANDLE, '20.500/ASH', HANDLE]);
  });

  test.each<[string, HandleScript, number, RegExp]>([
    ['what is not registered', (r, door) => door.send(failure(r, RESPONSE.handleNotFound)), 4, /is not registered/],
    [
      'what lives elsewhere',
      (r, door) => door.send(failure(r, RESPONSE.notResponsible)),
      4,
      /a prefix that this node does not answer for/,
    ],
    ['a server that is ill', (r, door) => door.send(failure(r, RESPONSE.error, 'broken')), 5, /code 2: broken/],
    [
      'an answer for another',
      (r, door) => door.send(reply(r, 1, { kind: 'values', handle: bytes('20.500/X'), values: [] })),
      1,
      /another handle/,
    ],
  ])('ends with a code that scripts know: %s', async (_, script, code, text) => {
    const { port } = await server(script);
    const told = await ask(port);
    expect(told).toMatchObject({ code, stdout: '' });
    expect(told.stderr).toMatch(text);
  });

  test('takes servers and keys from a file, as JSON or as HS_SITE data', async () => {
    const door = await openHandleDoor({ http: {} });
    await register(door, `${CHAIRS}/OAK`, [{ index: 2, type: 'URL', data: 'https://example.com/oak' }]);
    const [ours] = siteFromJson(recording.server.site, '').servers;
    const interfaces = [{ query: true, admin: false, protocol: 'TCP', port: door.port }] as const;
    const site = (publicKey: ByteString) => {
      const servers = [{ serverId: 1, address: ours?.address ?? bytes(''), publicKey, interfaces }];
      return { ...siteFromJson(recording.server.site, ''), servers };
    };
    const ofAnother = encodePublicKey({ kind: 'RSA', modulus: bytes('n'.repeat(256)), exponent: bytes('\x01\0\x01') });
    writeFileSync(directory.file('site.json'), JSON.stringify([siteToJson(site(ours?.publicKey ?? bytes('')))]));
    writeFileSync(directory.file('site.bin'), encodeSite(site(ours?.publicKey ?? bytes(''))), 'latin1');
    writeFileSync(directory.file('wrong.json'), JSON.stringify(siteToJson(site(ofAnother))));
    const askAt = (name: string, ...more: readonly string[]) =>
      runHere(['resolve', `${CHAIRS}/OAK`, '--protocol', 'handle', '--site', directory.file(name), ...more]);
    for (const name of ['site.json', 'site.bin']) {
      expect(await askAt(name, '--certified')).toMatchObject({ code: 0, stderr: '' });
    }
    expect(await askAt('wrong.json')).toMatchObject({ code: 0 });
    const told = await askAt('wrong.json', '--certified');
    expect(told).toMatchObject({ code: 5, stdout: '' });
    expect(told.stderr).toMatch(/not signed with the key of its server/);
    await door.close();
  });

  test('begins at prefix records where it is told to, and goes to no address inside', async () => {
    const inside = '10.0.0.1';
    const root = await server(
      serves({
        '0.NA/20.500': [
          makeValue({ index: 1, type: bytes('HS_SITE'), data: siteOn([{ port: 2641, address: inside }]) }),
        ],
      }),
    );
    const told = await ask(root.port, '--root', '--timeout', '1');
    expect(told).toMatchObject({ code: 5, stdout: '' });
    expect(told.stderr).toMatch(/10.0.0.1, which is not a public address: allow its network in --allow-network/);
    expect(root.asked.map(({ handle }) => handle)).toEqual(['0.NA/20.500']);
  });

  test('says that nobody answers', async () => {
    const { port, close } = await openScriptedHandle();
    await close();
    const told = await ask(port, '--timeout', '1');
    expect(told).toMatchObject({ code: 5, stdout: '' });
    expect(told.stderr).toMatch(/could not be asked for: TCP 127.0.0.1:\d+: connect ECONNREFUSED/);
  });

  test('refuses the file of a site that cannot be asked, or is none', async () => {
    const http = siteToJson({ ...siteFromJson(recording.server.site, ''), servers: [] });
    writeFileSync(directory.file('http.json'), JSON.stringify(http));
    writeFileSync(directory.file('garbage.json'), '{"servers": 7}');
    for (const [name, reason] of [
      ['http.json', /cannot be asked over TCP or UDP/],
      ['garbage.json', /cannot be read as a site/],
    ] as const) {
      const told = await runHere(['resolve', HANDLE, '--protocol', 'handle', '--site', directory.file(name)]);
      expect(told).toMatchObject({ code: 2, stdout: '' });
      expect(told.stderr).toMatch(reason);
    }
  });

  test.each([
    ['no host', ['--protocol', 'handle']],
    ['a host that is none', ['--protocol', 'handle', 'a b']],
    ['a port that is none', ['--protocol', 'handle', 'localhost:70000']],
    ['a protocol that is none', ['--protocol', 'gopher', 'localhost']],
    ['a site file that is not there', ['--protocol', 'handle', '--site', 'missing.json']],
    ['an index that is none', ['--protocol', 'handle', 'localhost', '--index', 'x']],
    ['a network that is none', ['--protocol', 'handle', 'localhost', '--allow-network', 'x']],
  ])('refuses %s before anybody is asked', async (_, more) => {
    const told = await runHere(['resolve', HANDLE, ...more]);
    expect(told).toMatchObject({ code: 2, stdout: '' });
    expect(told.stderr).not.toBe('');
  });
});

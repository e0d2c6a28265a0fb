// A node with a certificate as an operator runs it, and the command line as its client.

import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:tls';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type Authority, createAuthority, writePair } from '../certificates.ts';
import { newDirectory, run, runHere, type ServingNode, serve } from './command-line.ts';

// Processes and threads start slowly when all tests run at once.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const directory = newDirectory();
let authority: Authority;
let config: string;
let ca: string;
let node: ServingNode;

beforeAll(async () => {
  authority = await createAuthority();
  ca = directory.file('ca.crt');
  writeFileSync(ca, authority.certificate);
  const tls = writePair(directory.path, await authority.issue());
  config = directory.file('config.json');
  // Beyond loopback, which needs no more than the certificate.
  writeFileSync(config, JSON.stringify({ http: { host: '0.0.0.0' }, tls: { ...tls, clientCa: ca }, workers: 2 }));
  node = await serve(['--config', config, '--data', directory.file('data'), '--demo']);
});
afterAll(async () => {
  await node.end('SIGTERM');
  directory.remove();
});

const ITEM = '88.118.10001/SOFA-N301';
const resolve = (...flags: string[]) => runHere(['resolve', ITEM, '--url', node.url, ...flags]);

test('it says that it speaks TLS, and loads the demo over it', () => {
  expect(node.url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
  expect(node.introduction.demo).toMatchObject({ created: expect.any(Number) });
});

test('its client trusts the authority it is told of, by flag or as all of Node does', async () => {
  expect(await resolve('--ca', ca)).toMatchObject({ code: 0, stdout: expect.stringContaining('北欧三人布艺沙发') });
  const environment = { NODE_EXTRA_CA_CERTS: ca };
  expect((await run(['resolve', ITEM, '--url', node.url], { environment })).code).toBe(0);
});

test('its client trusts nobody else, and says what to do', async () => {
  expect(await resolve()).toMatchObject({ code: 5, stderr: expect.stringContaining('--ca or NODE_EXTRA_CA_CERTS') });
  const other = directory.file('other.crt');
  writeFileSync(other, (await createAuthority('CN=Other')).certificate);
  expect((await resolve('--ca', other)).stderr).toContain('signed by nobody this machine trusts');
});

test('its client says when an address and what answers there do not fit', async () => {
  const plain = node.url.replace('https', 'http');
  const answered = await runHere(['resolve', ITEM, '--url', plain]);
  expect(answered.stderr).toContain('write https:// instead of http://');
  const named = node.url.replace('127.0.0.1', '127.0.0.2');
  expect((await runHere(['resolve', ITEM, '--url', named, '--ca', ca])).stderr).toContain('is for another name');
});

test('a client certificate takes the place of a key, as the principal it was registered with', async () => {
  const client = await authority.issue({ name: 'CN=erp, O=Oak Works' });
  const cert = directory.file('erp.crt');
  writeFileSync(cert, client.certificate + client.key);
  const shared = ['--url', node.url, '--ca', ca, '--json'];
  const operator = (...args: string[]) => runHere([...args, ...shared, '--key-file', node.operatorKeyFile]);
  const ask = () => runHere(['principal', 'list', ...shared, '--cert', cert]);
  expect(await ask()).toMatchObject({ code: 1, stderr: expect.stringContaining('belongs to no principal') });
  const made = await operator('principal', 'create', '--name', 'ERP', '--role', 'reviewer');
  const { id } = JSON.parse(made.stdout);
  const registered = await operator('key', 'certificate', '--principal', id, '--label', 'ERP', '--file', cert);
  const key = JSON.parse(registered.stdout);
  expect(key).toMatchObject({ principalId: id, certificateSubject: 'CN=erp, O=Oak Works' });
  expect((await ask()).code).toBe(0);
  await operator('key', 'revoke', key.id);
  // At once, whichever worker is asked.
  for (let i = 0; i < 8; i++) expect((await ask()).stderr).toContain('revoked');
});

test.each([
  ['a file that is missing', ['--ca', '/nowhere.crt'], '--ca: /nowhere.crt cannot be read'],
  ['a file that is no certificate', ['--ca', import.meta.filename], 'is no PEM file'],
  ['a key without its certificate', ['--cert-key', import.meta.filename], 'name that with --cert'],
])('its client refuses %s', async (_, flags, reason) => {
  expect(await resolve(...flags)).toMatchObject({ code: 2, stderr: expect.stringContaining(reason) });
});

async function serialNow(): Promise<string> {
  const { port } = new URL(node.url);
  const socket = connect({ host: '127.0.0.1', port: Number(port), ca: authority.certificate });
  await once(socket, 'secureConnect');
  const { serialNumber } = socket.getPeerCertificate();
  socket.destroy();
  return serialNumber;
}

test('every worker takes over a renewed certificate, and none a spoiled one', async () => {
  const before = await serialNow();
  writePair(directory.path, await authority.issue());
  const seen = async () => new Set(await Promise.all(Array.from({ length: 16 }, serialNow)));
  await expect.poll(async () => (await seen()).has(before), { timeout: 20_000 }).toBe(false);
  const [renewed] = await seen();
  writeFileSync(directory.file('node.crt'), 'garbage');
  const metrics = async () => (await runHereText('/metrics')).includes('jiabiao_certificate_refused 1');
  await expect.poll(metrics, { timeout: 20_000 }).toBe(true);
  expect(await seen()).toEqual(new Set([renewed]));
});

async function runHereText(path: string): Promise<string> {
  const { ApiClient } = await import('../../src/cli/client.ts');
  const { body } = await new ApiClient({ url: node.url, ca }).call({ method: 'GET', path, signed: false });
  return String(body);
}

test('a node with a key of another certificate ends at once and says why', async () => {
  const elsewhere = newDirectory();
  const tls = writePair(elsewhere.path, await authority.issue());
  rmSync(tls.key);
  writeFileSync(tls.key, (await authority.issue()).key, { mode: 0o600 });
  const file = elsewhere.file('config.json');
  writeFileSync(file, JSON.stringify({ tls }));
  const { code, stderr } = await run(['serve', '--port', '0', '--config', file, '--data', elsewhere.file('data')]);
  elsewhere.remove();
  expect(code).toBe(2);
  expect(stderr).toContain('is not the private key of the first certificate');
});

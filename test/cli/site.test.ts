// `jiabiao site`: what the parent needs of this node's site, and the rotation of its key.

import { writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/app/config.ts';
import { openHandleSite } from '../../src/app/handle-site.ts';
import type { ByteString } from '../../src/domain/bytes.ts';
import { siteFromJson } from '../../src/wire/site-json.ts';
import { decodeSite, encodeSite } from '../../src/wire/site-value.ts';
import { type newDirectory as make, newDirectory, runHere } from './command-line.ts';

let directory: ReturnType<typeof make>;
let flags: string[];
beforeEach(async () => {
  directory = newDirectory();
  const path = directory.file('store');
  const handle = { port: 2641, host: '0.0.0.0', publicAddress: '192.0.2.7' };
  const settings = { store: { path }, node: { prefix: '88.118' }, handle, http: { allowPlainHttp: true } };
  writeFileSync(directory.file('node.json'), JSON.stringify(settings));
  flags = ['--config', directory.file('node.json')];
  // As the first start does, at any port.
  const config = loadConfig({ file: directory.file('node.json'), environment: {} });
  await openHandleSite({ ...config, handle: { ...config.handle, host: '127.0.0.1', port: 0 } }, null);
});
afterEach(() => directory.remove());

const site = async (...args: string[]) => {
  const done = await runHere(['site', ...args, ...flags]);
  return { ...done, json: () => JSON.parse(done.stdout) };
};

describe('site show', () => {
  it('tells address, serial number and keys, and as JSON what siteinfo.json has', async () => {
    const shown = await site('show');
    expect(shown.stdout).toMatch(
      /serial number {3}1\naddress {9}192\.0\.2\.7\ninterfaces {6}TCP 2641, UDP 2641, HTTP 8000/,
    );
    expect(shown.stdout).toMatch(/signs +[0-9a-f]{64} +the first start/);
    expect((await site('show', '--json')).json()).toMatchObject({
      serialNumber: 1,
      servers: [{ address: '192.0.2.7', publicKey: { format: 'key', value: { kty: 'RSA' } } }],
    });
  });
});

describe('site export', () => {
  it('is the record of the prefix as its parent writes it, or the value alone in any form', async () => {
    const record = (await site('export')).json();
    expect(record).toMatchObject({ handle: '0.NA/88.118', values: [{ type: 'HS_SITE', data: { format: 'site' } }] });
    const bytes = encodeSite(siteFromJson(record.values[0].data.value, ''));
    const hex = (await site('export', '--form', 'hex')).stdout.trim();
    expect(Buffer.from(hex, 'hex').toString('latin1')).toBe(bytes);
    const base64 = (await site('export', '--form', 'base64')).stdout.trim();
    expect(Buffer.from(base64, 'base64').toString('latin1')).toBe(bytes);
    expect((await site('export', '--form', 'json')).json()).toEqual(record.values[0].data.value);
    expect(decodeSite(bytes as ByteString).servers).toHaveLength(1);
  });

  it('knows its forms', async () => {
    expect(await site('export', '--form', 'xml')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('record, json'),
    });
  });
});

describe('site rotate-key', () => {
  it('makes a key that signs, keeps the one before until it is withdrawn, and says what comes next', async () => {
    const before = (await site('show', '--json')).json();
    const rotated = await site('rotate-key');
    expect(rotated).toMatchObject({ code: 0, stdout: expect.stringContaining('serial number 2') });
    expect(rotated.stdout).toContain('jiabiao site withdraw-key');
    const after = (await site('show', '--json')).json();
    expect(after).toMatchObject({ serialNumber: 2 });
    expect(after.servers[0].publicKey).not.toEqual(before.servers[0].publicKey);
    expect((await site('show')).stdout).toMatch(/signs .*\nkept .*the first start/);
    expect((await site('withdraw-key', '--json')).json()).toMatchObject({ withdrawn: 1 });
    expect((await site('withdraw-key')).stdout).toContain('There is one key');
    expect((await site('show', '--json')).json()).toEqual(after);
  });
});

describe('no site', () => {
  it('is there without a port, or before the first start', async () => {
    writeFileSync(directory.file('node.json'), JSON.stringify({ store: { path: directory.file('other') } }));
    expect(await site('show')).toMatchObject({ code: 2, stderr: expect.stringContaining('handle.port') });
    const handle = { port: 2641 };
    writeFileSync(directory.file('node.json'), JSON.stringify({ store: { path: directory.file('other') }, handle }));
    for (const command of ['show', 'export', 'rotate-key', 'withdraw-key']) {
      expect(await site(command)).toMatchObject({ code: 1, stderr: expect.stringContaining('first start') });
    }
  });
});

// The keys of the Handle site: made once, rotated without losing the one before, withdrawn; and a file that is no good changes
// nothing.

import { generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/app/config.ts';
import { type HandleSite, openHandleSite, siteOf } from '../../src/app/handle-site.ts';
import { LiveSite } from '../../src/app/live-site.ts';
import type { Log } from '../../src/app/logs.ts';
import { readSiteKeys, rotateSiteKey, withdrawSiteKeys } from '../../src/app/site-keys.ts';
import { watchSite } from '../../src/app/site-watch.ts';
import type { AuditEvent } from '../../src/domain/audit.ts';
import { decodeSite } from '../../src/wire/site-value.ts';

const NOW = Date.UTC(2026, 10, 26);
const PORT = 2641;

let directory: string;
let file: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'jiabiao-site-'));
  file = join(directory, 'handle-site.key');
});
afterEach(() => rmSync(directory, { recursive: true }));

const configured = (settings: Record<string, string> = {}) =>
  loadConfig({
    file: undefined,
    environment: { JIABIAO_STORE__PATH: directory, JIABIAO_HANDLE__PORT: '0', ...settings },
  });
const rotate = (siteSerial = 1) => rotateSiteKey({ file, siteSerial, nowMs: NOW });
const rsa = () =>
  generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' });

describe('the keys of the site', () => {
  it('are one at first, which stays over restarts', async () => {
    const site = (await openHandleSite(configured(), null)) as HandleSite;
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect((await openHandleSite(configured(), null))?.keys).toEqual(site.keys);
    expect(readSiteKeys(file)).toMatchObject([{ raises: 0, fromSerial: 0, since: null }]);
  });

  it('get a new one before the others, and with it the serial number rises', async () => {
    writeFileSync(file, rsa(), { mode: 0o600 }); // as earlier versions wrote it
    const [old] = readSiteKeys(file) ?? [];
    const keys = await rotate(7);
    expect(readSiteKeys(file)).toEqual(keys);
    expect(keys).toMatchObject([{ raises: 1, fromSerial: 8, since: '2026-11-26T00:00:00.000Z' }, { pem: old?.pem }]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const config = configured({ JIABIAO_HANDLE__SITE_SERIAL: '7' });
    const site = siteOf(config, PORT, keys);
    expect(site.serialNumber).toBe(8);
    expect(decodeSite(site.data).serialNumber).toBe(8);
    expect(decodeSite(site.data).servers[0]?.publicKey).not.toBe(
      decodeSite(siteOf(config, PORT, [keys[1] as never]).data).servers[0]?.publicKey,
    );
  });

  it('lose those before the last when they are withdrawn, and the serial number stays', async () => {
    writeFileSync(file, rsa());
    await rotate();
    const [first] = await rotate();
    expect(withdrawSiteKeys(file)).toHaveLength(2);
    expect(readSiteKeys(file)).toEqual([first]);
    expect(withdrawSiteKeys(file)).toEqual([]);
    expect(await rotate()).toMatchObject([{ raises: 3, fromSerial: 4 }, { raises: 2 }]);
  });

  it('are not rotated on and on, nor past the last serial number, nor twice at once', async () => {
    writeFileSync(file, rsa());
    await expect(rotate(0xfffe)).rejects.toMatchObject({ code: 'INVALID_STATE' });
    writeFileSync(`${file}.new`, '');
    await expect(rotate()).rejects.toThrow(/another change is under way/);
    rmSync(`${file}.new`);
    writeFileSync(file, Array.from({ length: 8 }, () => readSiteKeys(file)?.[0]?.pem).join(''));
    await expect(rotate()).rejects.toThrow(/withdraw the earlier ones/);
    expect(existsSync(`${file}.new`)).toBe(false);
  });

  it('are not made where none are: the first start does that', async () => {
    await expect(rotate()).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(() => withdrawSiteKeys(file)).toThrow(/first start/);
  });

  it.each([
    ['nothing', ''],
    ['words', 'a key\n'],
    ['half a key', () => rsa().slice(0, 400)],
    [
      'a key of another kind',
      () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }),
    ],
    ['more than keys', () => `${rsa()}${'#'.repeat(70_000)}`],
  ])('cannot be %s', async (_what, content) => {
    writeFileSync(file, typeof content === 'string' ? content : content());
    expect(() => readSiteKeys(file)).toThrow(expect.objectContaining({ code: 'INVALID_CONFIG' }));
    await expect(openHandleSite(configured(), null)).rejects.toMatchObject({ code: 'INVALID_CONFIG' });
  });
});

it('who knows the site by an earlier serial number gets the key of then, until it is withdrawn', async () => {
  writeFileSync(file, rsa());
  await rotate(); // 2
  const keys = await rotate(); // 3
  const pemFor = (site: LiveSite, serial: number) =>
    site.privateKeyFor(serial).export({ type: 'pkcs8', format: 'pem' }).toString();
  const live = new LiveSite(siteOf(configured(), PORT, keys));
  expect([0xffff, 4, 3, 2, 1, 0].map((serial) => keys.findIndex(({ pem }) => pem === pemFor(live, serial)))).toEqual([
    0, 0, 0, 1, 2, 2,
  ]);
  withdrawSiteKeys(file);
  live.renew(siteOf(configured(), PORT, readSiteKeys(file) ?? []));
  expect([1, 2, 3].map((serial) => pemFor(live, serial))).toEqual([keys[0]?.pem, keys[0]?.pem, keys[0]?.pem]);
  expect(live.serialNumber).toBe(3);
});

describe('a running node', () => {
  const logged: string[] = [];
  const events: AuditEvent[] = [];
  const note = (_facts: object, text: string) => logged.push(text);
  const log = { info: note, error: note } as unknown as Log;
  const trail = { record: (event: AuditEvent) => events.push(event) };
  const refused: number[] = [];
  const counters = { set: (gauge: string, value: number) => refused.push(gauge === 'siteKeyRefused' ? value : -1) };

  it('takes what has become of its keys, once, and goes on with those it has where the file is no good', async () => {
    const config = configured();
    const watch = watchSite({
      config,
      site: await openHandleSite(config, null),
      agreements: null,
      counters,
      log,
      trail,
    });
    const told: HandleSite[] = [];
    watch.onRenewed((site) => told.push(site));
    await watch.check();
    expect(told).toEqual([]);
    await rotate();
    await watch.check();
    await watch.check();
    expect(told).toMatchObject([{ serialNumber: 2, keys: [{ fromSerial: 2 }, {}] }]);
    expect(watch.current()).toBe(told[0]);
    const whole = readFileSync(file, 'utf8');
    writeFileSync(file, whole.slice(0, 500));
    await watch.check();
    await watch.check();
    expect(logged.filter((text) => /goes on/.test(text))).toHaveLength(1);
    expect(watch.current()).toBe(told[0]);
    expect(refused).toEqual([1]);
    writeFileSync(file, whole);
    await watch.check();
    expect(refused).toEqual([1, 0]);
    rmSync(file);
    await watch.check();
    expect([refused, watch.current()]).toEqual([[1, 0, 1], told[0]]);
    writeFileSync(file, whole, { mode: 0o600 });
    withdrawSiteKeys(file);
    await watch.check();
    expect(told[1]).toMatchObject({ serialNumber: 2, keys: [{ fromSerial: 2 }] });
    expect(events).toMatchObject([
      { kind: 'site-keys-loaded', detail: { serialNumber: 2, keys: 2, isRotated: true } },
      { kind: 'site-keys-loaded', detail: { serialNumber: 2, keys: 1, isRotated: false } },
    ]);
    watch.end();
  });
});

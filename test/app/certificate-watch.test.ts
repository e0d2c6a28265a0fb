// Certificates from real files: what a node starts with, what it takes over while it runs, and what it keeps instead.

import { createPrivateKey } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type CertificateWatch, watchCertificate } from '../../src/app/certificate-watch.ts';
import { Counters, createCountersBuffer, totalOf } from '../../src/app/counters.ts';
import { createLog } from '../../src/app/logs.ts';
import type { TlsSettings } from '../../src/app/tls-files.ts';
import type { AuditEvent, AuditTrail } from '../../src/domain/audit.ts';
import { isHandleError } from '../../src/domain/error.ts';
import type { TlsMaterial } from '../../src/http-server/tls.ts';
import { type Authority, createAuthority, type Issued, writePair } from '../certificates.ts';

const DAY_MS = 86_400_000;
const log = createLog({ level: 'silent' }, 'main');

let authority: Authority;
let first: Issued;
let second: Issued;
let folder: string;
let watch: CertificateWatch | null;
let buffer: SharedArrayBuffer;
let renewed: TlsMaterial[];
let recorded: AuditEvent[];

beforeAll(async () => {
  authority = await createAuthority();
  first = await authority.issue();
  second = await authority.issue();
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'jiabiao-tls-'));
  buffer = createCountersBuffer(1);
  renewed = [];
  recorded = [];
  watch = null;
});
afterEach(() => {
  watch?.end();
  rmSync(folder, { recursive: true, force: true });
});

function settingsOf(pair: { certificate: string; key: string }, more: Partial<TlsSettings> = {}): TlsSettings {
  const rest = { passphraseFile: null, clientCa: null, minVersion: 'TLSv1.2', clientCertificate: 'request' } as const;
  return { ...pair, ...rest, ...more };
}

async function open(settings: TlsSettings, clock = Date.now): Promise<CertificateWatch> {
  const counters = new Counters(buffer, 0);
  const trail: AuditTrail = { record: (event) => recorded.push(event) };
  watch = await watchCertificate({ settings, clock, counters, log, trail, onRenewed: (one) => renewed.push(one) });
  return watch;
}

async function refusalOf(settings: TlsSettings): Promise<string> {
  try {
    await open(settings);
  } catch (error) {
    expect(isHandleError(error, 'INVALID_CONFIG')).toBe(true);
    return (error as Error).message;
  }
  throw new Error('the node would have started');
}

const write = (name: string, text: string, mode = 0o600): string => {
  writeFileSync(join(folder, name), text, { mode });
  return join(folder, name);
};
const refused = () => totalOf(buffer, 'certificateRefused');

describe('a node does not start', () => {
  test('with a key of another certificate, and says which file to mend', async () => {
    const paths = writePair(folder, { certificate: first.certificate, key: second.key });
    const message = await refusalOf(settingsOf(paths));
    expect(message).toContain(`tls.key: ${paths.key} is not the private key of the first certificate`);
    expect(message).toContain('CN=localhost');
  });

  test('with the authority before its own certificate', async () => {
    const chain = { certificate: authority.certificate + first.certificate, key: first.key };
    expect(await refusalOf(settingsOf(writePair(folder, chain)))).toContain("put the node's own certificate first");
  });

  test.each([
    ['no file', 'tls.certificate', null, /cannot be read: ENOENT/],
    ['no PEM', 'tls.certificate', 'hello', /holds no certificate: it must be PEM/],
    ['half a certificate', 'tls.certificate', 'half', /certificate 1 of 1 is damaged/],
    ['no key', 'tls.key', 'hello', /holds no private key/],
    ['half a key', 'tls.key', 'half', /is damaged: put the whole file there again/],
  ])('with %s for %s', async (_, setting, content, reason) => {
    const paths = writePair(folder, first);
    const half = (pem: string) => pem.replace(/\n[\w+/=]{10,}\n/, '\n');
    const what = setting === 'tls.key' ? 'key' : 'certificate';
    if (content === null) rmSync(paths[what]);
    else writeFileSync(paths[what], content === 'half' ? half(first[what]) : content);
    const message = await refusalOf(settingsOf(paths));
    expect(message).toMatch(reason);
    expect(message).toContain(`${setting}: ${paths[what]}`);
  });

  test.runIf(process.platform !== 'win32')(
    'with a key that everybody may read, but with one its group may',
    async () => {
      const paths = writePair(folder, first);
      chmodSync(paths.key, 0o644);
      expect(await refusalOf(settingsOf(paths))).toContain(`run chmod o-rwx ${paths.key}`);
      chmodSync(paths.key, 0o640);
      expect((await open(settingsOf(paths))).current().certificate).toBe(first.certificate);
    },
  );

  test('with an encrypted key, unless a file holds its passphrase', async () => {
    const options = { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'open sesame' } as const;
    const key = createPrivateKey(first.key).export(options) as string;
    const paths = writePair(folder, { certificate: first.certificate, key });
    expect(await refusalOf(settingsOf(paths))).toContain('name a file with its passphrase in tls.passphraseFile');
    const wrong = write('wrong', 'open barley\n');
    expect(await refusalOf(settingsOf(paths, { passphraseFile: wrong }))).toContain('is not its passphrase');
    const right = write('right', 'open sesame\n');
    const { key: opened } = (await open(settingsOf(paths, { passphraseFile: right }))).current();
    expect(opened).toContain('BEGIN PRIVATE KEY');
  });

  test('with authorities of clients that are none', async () => {
    const clientCa = write('ca.crt', 'nobody');
    expect(await refusalOf(settingsOf(writePair(folder, first), { clientCa }))).toContain(`tls.clientCa: ${clientCa}`);
  });
});

describe('a certificate out of its time', () => {
  test.each([
    ['that has expired', -2 * DAY_MS, -DAY_MS],
    ['that is not valid yet', DAY_MS, 2 * DAY_MS],
  ])('%s starts all the same, and the metrics show it', async (_, from, to) => {
    const notBefore = new Date(Date.now() + from);
    const notAfter = new Date(Date.now() + to);
    const paths = writePair(folder, await authority.issue({ notBefore, notAfter }));
    await open(settingsOf(paths));
    expect(totalOf(buffer, 'certificateStart')).toBe(Math.floor(notBefore.getTime() / 1000));
    expect(totalOf(buffer, 'certificateExpiry')).toBe(Math.floor(notAfter.getTime() / 1000));
  });

  test('counts when it is one of those that vouch for the first', async () => {
    const soon = await authority.issue({ notAfter: new Date(Date.now() + DAY_MS) });
    const chain = { certificate: first.certificate + soon.certificate, key: first.key };
    await open(settingsOf(writePair(folder, chain)));
    expect(totalOf(buffer, 'certificateExpiry') * 1000).toBeLessThan(Date.now() + DAY_MS);
  });

  test('does not take the place of one that is in its time, but of one that is not', async () => {
    let nowMs = Date.now();
    const paths = writePair(folder, first);
    const { check, current } = bound(await open(settingsOf(paths), () => nowMs));
    writePair(folder, await authority.issue({ notAfter: new Date(nowMs - 1000) }));
    await check();
    expect(current().certificate).toBe(first.certificate);
    expect(refused()).toBe(1);
    nowMs += 100 * DAY_MS; // now the one in use has expired too
    await check();
    expect(renewed).toHaveLength(1);
    expect(refused()).toBe(0);
    expect(recorded.map(({ kind }) => kind)).toEqual(['certificate-refused', 'certificate-loaded']);
  });
});

const bound = (one: CertificateWatch) => ({ check: () => one.check(), current: () => one.current() });

describe('a running node', () => {
  test('takes over what was renewed in place, once', async () => {
    const { check, current } = bound(await open(settingsOf(writePair(folder, first))));
    await check();
    expect(renewed).toEqual([]);
    writePair(folder, second);
    await check();
    await check();
    expect(renewed).toEqual([current()]);
    expect(current()).toMatchObject(second);
    expect(recorded).toMatchObject([{ kind: 'certificate-loaded', subject: 'CN=localhost' }]);
  });

  test('takes over a swapped link, as Kubernetes and certbot renew', async () => {
    for (const [name, issued] of Object.entries({ one: first, two: second })) {
      mkdirSync(join(folder, name));
      writePair(join(folder, name), issued);
    }
    const link = (target: string) => {
      symlinkSync(target, join(folder, 'fresh'));
      renameSync(join(folder, 'fresh'), join(folder, 'live'));
    };
    link('one');
    const paths = { certificate: join(folder, 'live', 'node.crt'), key: join(folder, 'live', 'node.key') };
    const { check, current } = bound(await open(settingsOf(paths)));
    link('two');
    await check();
    expect(current().certificate).toBe(second.certificate);
  });

  test.each([
    ['garbage', () => writeFileSync(join(folder, 'node.crt'), 'garbage')],
    ['half a pair', () => writeFileSync(join(folder, 'node.crt'), second.certificate)],
    ['nothing', () => rmSync(join(folder, 'node.key'))],
    ['a key that everybody may read', () => chmodSync(join(folder, 'node.key'), 0o604)],
  ])('keeps what it has when it finds %s, alarms, and recovers', async (_, spoil) => {
    const { check, current } = bound(await open(settingsOf(writePair(folder, first))));
    spoil();
    await check();
    expect(current().certificate).toBe(first.certificate);
    expect(refused()).toBe(1);
    expect(totalOf(buffer, 'certificateExpiry')).toBeGreaterThan(Date.now() / 1000);
    expect(renewed).toEqual([]);
    rmSync(join(folder, 'node.key'), { force: true });
    writePair(folder, second);
    await check();
    expect(current().certificate).toBe(second.certificate);
    expect(refused()).toBe(0);
  });

  test('takes over other authorities of clients', async () => {
    const clientCa = write('ca.crt', authority.certificate);
    const { check, current } = bound(await open(settingsOf(writePair(folder, first), { clientCa })));
    const other = await createAuthority('CN=Other');
    write('ca.crt', other.certificate);
    await check();
    expect(current().clientCa).toBe(other.certificate);
  });
});

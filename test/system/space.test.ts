// A full disk and directories that cannot be written: writes are refused, resolving goes on, and it mends itself.

import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { CANNOT_MOUNT, fillUp, onDisk } from './disk.ts';
import { identifierPath, newEnterprise, recordOf } from './enterprise.ts';
import { Connection, freePort, operatorToken, runUntilExit, startNode, temporaryDirectory } from './node.ts';

const DISK_MIB = 24;
const MENDED_WITHIN_MS = 20_000;

describe.skipIf(CANNOT_MOUNT)('a full disk (left out where nobody may mount one: unshare -rm)', () => {
  it('refuses writes, keeps resolving, and takes writes again once there is space', { timeout: 120_000 }, async () => {
    const directory = temporaryDirectory();
    const node = await startNode({
      directory: directory.path,
      port: await freePort(),
      wrapper: onDisk(directory.path, `size=${DISK_MIB}m`),
    });
    // The disk exists for the node only; this is the way to it from outside.
    const disk = `/proc/${node.pid}/root${directory.path}`;
    const operator = new Connection(node.url, operatorToken(disk));
    const anybody = new Connection(node.url, null);
    const prefix = await newEnterprise(operator);
    const put = (suffix: string) =>
      operator.ask('PUT', identifierPath(`${prefix}/${suffix}`), recordOf('x'.repeat(60_000)));
    expect((await put('FIRST')).status).toBe(201);

    const ballast = join(disk, 'ballast');
    fillUp(ballast);
    let written = 0;
    let refusal = await put(`N-${written}`);
    while (refusal.status < 300) refusal = await put(`N-${++written}`);
    expect([503, 507]).toContain(refusal.status);
    expect(refusal.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(refusal.body?.code).toBe('STORE_READ_ONLY');

    expect((await anybody.ask('GET', `/api/handles/${prefix}/FIRST`)).status).toBe(200);
    expect((await anybody.ask('GET', `/api/handles/${prefix}/N-${written}`)).status).toBe(404);
    if (written > 0) expect((await anybody.ask('GET', `/api/handles/${prefix}/N-0`)).status).toBe(200);

    rmSync(ballast);
    const deadline = performance.now() + MENDED_WITHIN_MS;
    let mended = await put('AFTER');
    while (mended.status >= 300 && performance.now() < deadline) {
      await delay(100);
      mended = await put('AFTER');
    }
    expect(mended.status, mended.text).toBe(201);
    expect((await anybody.ask('GET', `/api/handles/${prefix}/AFTER`)).status).toBe(200);
    await Promise.all([operator.close(), anybody.close()]);
    expect(await node.stop()).toBe(0);
    directory.remove();
  });

  it('keeps resolving from a store that cannot be written', { timeout: 60_000 }, async () => {
    const directory = temporaryDirectory();
    const first = await startNode({ directory: directory.path, port: await freePort() });
    const token = operatorToken(directory.path);
    const writer = new Connection(first.url, token);
    const prefix = await newEnterprise(writer);
    expect((await writer.ask('PUT', identifierPath(`${prefix}/KEPT`), recordOf('kept'))).status).toBe(201);
    await writer.close();
    expect(await first.stop()).toBe(0);

    const mount = `mount --bind '${directory.path}' '${directory.path}' && mount -o remount,ro,bind '${directory.path}'`;
    const wrapper = ['unshare', '-rm', 'sh', '-c', `${mount} && exec "$@"`, 'sh'];
    const node = await startNode({ directory: directory.path, port: await freePort(), wrapper, ready: 'alive' });
    const connection = new Connection(node.url, token);
    expect((await connection.ask('GET', `/api/handles/${prefix}/KEPT`)).status).toBe(200);
    const refusal = await connection.ask('PUT', identifierPath(`${prefix}/NEW`), recordOf('new'));
    expect([503, 507]).toContain(refusal.status);
    expect(refusal.body?.code).toBe('STORE_READ_ONLY');
    await connection.close();
    expect(await node.stop()).toBe(0);
    directory.remove();
  });

  it('says so at the start if the disk cannot be written', { timeout: 60_000 }, async () => {
    const directory = temporaryDirectory();
    const wrapper = onDisk(directory.path, 'ro');
    const { code, output } = await runUntilExit({ directory: directory.path, port: await freePort(), wrapper });
    expect(code).not.toBe(0);
    expect(output).toContain(directory.path);
    expect(output).toMatch(/read-only|writ/i);
    directory.remove();
  });
});

it('says so at the start if the directory cannot be made', { timeout: 60_000 }, async () => {
  const directory = temporaryDirectory();
  const file = join(directory.path, 'file');
  writeFileSync(file, 'not a directory');
  const { code, output } = await runUntilExit({ directory: join(file, 'store'), port: await freePort() });
  expect(code).not.toBe(0);
  expect(output).toContain(file);
  expect(output).not.toMatch(/\n\s+at /);
  directory.remove();
});

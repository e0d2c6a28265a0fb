// A file system that cannot be written, as the container and the service have it: the node needs its store and nothing else.

import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { identifierPath, newEnterprise, recordOf } from './enterprise.ts';
import { Connection, freePort, operatorToken, startNode, temporaryDirectory } from './node.ts';

/** A mount namespace, which root has, and others where the system lets them. */
const CAN_MOUNT = spawnSync('unshare', ['-rm', 'true'], { stdio: 'ignore' }).status === 0;
const skipped = !CAN_MOUNT && process.env.CI === undefined;

/** Only the directory can be written; it goes away with the command. */
function confinedTo(path: string): readonly string[] {
  const steps = `mount -t tmpfs tmpfs '${path}' && mount -o remount,bind,ro / && ! touch '${path}/../written' 2>/dev/null && exec "$@"`;
  return ['unshare', '-rm', 'sh', '-c', steps, 'sh'];
}

it.skipIf(skipped)('a node whose only writable place is its store (left out where nobody may mount)', async () => {
  const directory = temporaryDirectory();
  const node = await startNode({
    directory: directory.path,
    port: await freePort(),
    wrapper: confinedTo(directory.path),
  });
  const operator = new Connection(node.url, operatorToken(`/proc/${node.pid}/root${directory.path}`));
  const prefix = await newEnterprise(operator);
  expect((await operator.ask('PUT', identifierPath(`${prefix}/ONE`), recordOf('one'))).status).toBe(201);
  expect((await operator.ask('GET', `/api/handles/${prefix}/ONE`)).status).toBe(200);
  // The second worker may still be on its way.
  const readiness = async () => (await operator.ask('GET', '/readyz')).body;
  await expect.poll(readiness, { timeout: 10_000 }).toEqual({ status: 'ready', reasons: [] });
  expect((await operator.ask('GET', '/openapi.json')).status).toBe(200);
  expect((await operator.ask('GET', '/docs/swagger-ui.css')).status).toBe(200);
  await operator.close();
  expect(node.output()).not.toMatch(/EROFS|read-only file system/i);
  expect(await node.stop()).toBe(0);
  directory.remove();
});

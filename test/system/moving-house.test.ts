// The bench of moving house at a size that says nothing of speed: there and back while it is written to, killed in between,
// and in the end both stores have the same.

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const MOVING = join(import.meta.dirname, '..', '..', 'bench', 'moving.ts');

it('a registry moves into PostgreSQL and back while manufacturers write to it', { timeout: 180_000 }, async () => {
  const args = [MOVING, '--identifiers', '2000', '--check'];
  const { stderr } = await promisify(execFile)(process.execPath, args);
  expect(stderr).toMatch(/lmdb → postgres: killed.*the same.*postgres → lmdb: killed.*the same/s);
});

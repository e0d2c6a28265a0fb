// The scale bench at a size that says nothing of speed: a large store is sound, answers as it was loaded, and shows a recall.

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const SCALE = join(import.meta.dirname, '..', '..', 'bench', 'scale.ts');

it('holds 200,000 identifiers that answer as they were loaded', { timeout: 120_000 }, async () => {
  const args = [SCALE, '--identifiers', '200000', '--workers', '2', '--check'];
  const { stderr } = await promisify(execFile)(process.execPath, args);
  expect(stderr).toContain('sound; answers as it was loaded; a recall shows');
});

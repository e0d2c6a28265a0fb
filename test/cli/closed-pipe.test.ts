// A reader that closes the pipe early, as `head` does, gets what it wanted and no stack trace.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const MAIN = new URL('../../src/cli/main.ts', import.meta.url).pathname;

test('a command whose output nobody reads to the end says nothing of it', async () => {
  const line = `"${process.execPath}" "${MAIN}" config print --describe`;
  const { stderr } = await promisify(execFile)('bash', ['-c', `${line} | true; exit \${PIPESTATUS[0]}`]);
  expect(stderr).toBe('');
});

// Keys from files: what is none is seen before anybody is asked.

import { writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { newDirectory, runHere } from './command-line.ts';

const NOBODY = 'http://127.0.0.1:9';

test.each([
  ['a comment', '# 密钥\n', 2],
  ['nothing', '\n', 2],
  ['two words', 'jb_a jb_b', 2],
  // A key: now somebody is asked, and does not answer.
  ['a key', 'jb_abc\n', 5],
])('a file that holds %s', async (_, content, code) => {
  const directory = newDirectory();
  writeFileSync(directory.file('a.key'), content);
  const done = await runHere(['key', 'list', '--url', NOBODY, '--key-file', directory.file('a.key')]);
  expect(done.code).toBe(code);
  expect(done.stderr.includes('does not hold a key')).toBe(code === 2);
  directory.remove();
});

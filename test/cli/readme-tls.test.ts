// The README's way from nothing to a node with TLS, as it stands there: its openssl line, its settings, its curl line.

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { newDirectory, run, serve } from './command-line.ts';

vi.setConfig({ testTimeout: 60_000 });

const ROOT = join(import.meta.dirname, '..', '..');

test.runIf(process.platform === 'linux').each(['README.md', 'README.zh-CN.md'])('%s', async (file) => {
  const section = /^### TLS\n(.*?)^### /ms.exec(readFileSync(join(ROOT, file), 'utf8'))?.[1] ?? '';
  const [make = '', useIt = ''] = [...section.matchAll(/```sh\n(.*?)```/gs)].map(([, lines = '']) => lines);
  const openssl = make.slice(0, make.indexOf('JIABIAO_'));
  const settings = [...make.matchAll(/(JIABIAO_[A-Z_]+)=(\S+)/g)].map(([, name = '', value = '']) => [name, value]);
  const directory = newDirectory();
  try {
    const shell = (line: string) => spawnSync('sh', ['-c', line], { cwd: directory.path, encoding: 'utf8' });
    expect(shell(openssl)).toMatchObject({ status: 0 });
    const files = settings.map(([name = '', value = '']) => [name, directory.file(value)]);
    const node = await serve(['--data', directory.file('data')], Object.fromEntries(files));
    const here = useIt.replaceAll('8443', new URL(node.url).port);
    const curl = /^curl .*$/m.exec(here)?.[0] ?? '';
    expect(shell(`${curl} --silent`)).toMatchObject({ status: 0, stdout: '{"status":"ok"}' });
    const client = /^npm run -s jiabiao -- (.*)$/m.exec(here)?.[1]?.split(' ') ?? [];
    const resolved = await run(client.map((word) => (word === 'node.crt' ? directory.file(word) : word)));
    // Nothing is registered yet: the answer came, and was believed.
    expect(resolved).toMatchObject({ code: 4, stderr: expect.not.stringContaining('No answer') });
    expect((await node.end('SIGTERM')).code).toBe(0);
  } finally {
    directory.remove();
  }
});

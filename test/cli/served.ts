// One node for the tests of a file, and the command line with its operator's key.

import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, vi } from 'vitest';
import { type Finished, newDirectory, runHere, type ServingNode, serve } from './command-line.ts';

export interface Served {
  readonly directory: ReturnType<typeof newDirectory>;
  /** Once it serves: in tests and in hooks that come after. */
  node(): ServingNode;
  jiabiao(...args: readonly string[]): Promise<Finished>;
  /** Makes an active enterprise, and returns its prefix. */
  enterprise(): Promise<string>;
  /** Writes a file beside the node, and returns its path. */
  fileOf(name: string, content: string): string;
}

/** Starts the node before the tests of the file that calls it, and ends it after them. */
export function servedHere(...args: readonly string[]): Served {
  // Processes and threads start slowly when all tests run at once.
  vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });
  const directory = newDirectory();
  let node: ServingNode;
  beforeAll(async () => {
    node = await serve([...args, '--data', directory.path]);
  });
  afterAll(async () => {
    await node.end('SIGTERM');
    directory.remove();
  });
  const jiabiao = (...words: readonly string[]): Promise<Finished> =>
    runHere([...words, '--url', node.url, '--key-file', node.operatorKeyFile]);
  return {
    directory,
    node: () => node,
    jiabiao,
    async enterprise() {
      const created = await jiabiao('enterprise', 'create', '--name', '中山家具', '--state', 'active', '--json');
      return JSON.parse(created.stdout).prefix;
    },
    fileOf(name, content) {
      writeFileSync(directory.file(name), content);
      return directory.file(name);
    },
  };
}

// Commands of the command line under measurement, as child processes of their own.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

/** What it printed; throws with its words if it failed. */
export async function runCommand(args: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let [printed, noted] = ['', ''];
  child.stdout.on('data', (chunk) => (printed += chunk));
  child.stderr.on('data', (chunk) => (noted += chunk));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`jiabiao ${args.join(' ')} ended with ${code}: ${noted}`);
  return printed;
}

/** Runs a command again and again, its output thrown away, until it is stopped. */
export function repeatCommand(args: readonly string[]): { readonly runs: () => number; stop(): Promise<void> } {
  let child: ChildProcess | null = null;
  let isStopped = false;
  let runs = 0;
  const loop = (async () => {
    while (!isStopped) {
      child = spawn(process.execPath, [MAIN, ...args], { stdio: 'ignore' });
      const [code] = (await once(child, 'exit')) as [number | null];
      if (code === 0) runs += 1;
      else if (!isStopped) throw new Error(`jiabiao ${args.join(' ')} ended with ${code}`);
    }
  })();
  loop.catch(() => {}); // thrown by stop
  return {
    runs: () => runs,
    async stop() {
      isStopped = true;
      child?.kill('SIGKILL');
      await loop;
    },
  };
}

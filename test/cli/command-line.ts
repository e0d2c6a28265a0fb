// The command line as a user runs it, with its output and exit code.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCommandLine } from '../../src/cli/program.ts';
import type { Terminal } from '../../src/cli/terminal.ts';

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Without the variables that would lead it to another node. */
function cleanEnvironment(extra: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('JIABIAO_'));
  return { ...Object.fromEntries(inherited), ...extra };
}

export function start(args: readonly string[], environment: Readonly<Record<string, string>> = {}): ChildProcess {
  return spawn(process.execPath, [MAIN, ...args], {
    env: cleanEnvironment(environment),
    stdio: ['pipe', 'pipe', 'pipe'],
  });
}

/** Runs a command in a process of its own. */
export async function run(
  args: readonly string[],
  { input = '', environment = {} }: { input?: string; environment?: Readonly<Record<string, string>> } = {},
): Promise<Finished> {
  const child = start(args, environment);
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (chunk) => (stdout += chunk));
  child.stderr?.on('data', (chunk) => (stderr += chunk));
  child.stdin?.end(input);
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout, stderr };
}

/** Runs a command in this process: the same path from arguments to exit code, without the start of a process. */
export async function runHere(args: readonly string[]): Promise<Finished> {
  const printed: string[] = [];
  const noted: string[] = [];
  const terminal: Terminal = {
    print: (line) => printed.push(`${line}\n`),
    note: (line) => noted.push(`${line}\n`),
    showsResults: false,
    showsNotes: false,
  };
  const code = await runCommandLine(args, terminal);
  return { code, stdout: printed.join(''), stderr: noted.join('') };
}

export interface ServingNode {
  readonly url: string;
  readonly operatorKeyFile: string;
  /** What `serve --json` printed when it was ready. */
  readonly introduction: { readonly url: string; readonly operatorKeyFile: string; readonly demo: unknown };
  /** Sends the signal and waits for the end. */
  end(signal: NodeJS.Signals): Promise<Finished>;
}

/** Starts `serve --json` with the arguments, and waits until it says where it is. */
export async function serve(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<ServingNode> {
  const child = start(['serve', '--json', '--port', '0', ...args], environment);
  let stdout = '';
  let stderr = '';
  child.stderr?.on('data', (chunk) => (stderr += chunk));
  const closed = once(child, 'close') as Promise<[number | null]>;
  const introduced = new Promise<string>((resolve, reject) => {
    child.stdout?.on('data', (chunk) => {
      stdout += chunk;
      if (stdout.includes('\n')) resolve(stdout);
    });
    void closed.then(([code]) => reject(new Error(`serve ended with ${code}: ${stderr}`)));
  });
  const introduction = JSON.parse(await introduced) as ServingNode['introduction'];
  return {
    ...introduction,
    introduction,
    async end(signal) {
      child.kill(signal);
      const [code] = await closed;
      return { code, stdout, stderr };
    },
  };
}

export function newDirectory(): { path: string; file: (name: string) => string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'jiabiao-cli-'));
  return { path, file: (name) => join(path, name), remove: () => rmSync(path, { recursive: true, force: true }) };
}

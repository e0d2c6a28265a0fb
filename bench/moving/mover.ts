// `jiabiao migrate-store` as an operator runs it, in a process of its own that can be killed.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { MoveState } from '../../src/app/move-store.ts';
import { track } from '../measure/children.ts';
import type { House } from './houses.ts';

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
const LOOK_MS = 10;

export interface Told {
  readonly isSame: boolean;
  readonly lines: number;
  readonly compared: number;
  readonly isWhole: boolean;
  readonly moving: number;
  readonly refused: readonly object[];
  readonly difference: readonly (string | null)[] | null;
}

export interface Run {
  readonly seconds: number;
  /** Of these, until everything was copied; 0 if it was before. */
  readonly copySeconds: number;
  /** Most memory of its own it had at once. */
  readonly peakMiB: number;
  /** Null if it was killed. */
  readonly told: Told | null;
}

export class Mover {
  readonly #args: readonly string[];
  readonly #environment: Readonly<Record<string, string>>;
  readonly #stateFile: string;

  constructor(from: House, to: House, stateFile: string) {
    this.#args = ['migrate-store', '--json', '--from', from.place, '--to', to.place, '--state', stateFile];
    this.#environment = { ...from.settings, ...to.settings };
    this.#stateFile = stateFile;
  }

  get state(): MoveState | null {
    return existsSync(this.#stateFile) ? (JSON.parse(readFileSync(this.#stateFile, 'utf8')) as MoveState) : null;
  }

  /** Kills it when `isDue`, if it gets that far. Throws with its words if it ends badly. */
  async run(isDue: (state: MoveState) => boolean = () => false): Promise<Run> {
    const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('JIABIAO_'));
    const child = track(
      spawn(process.execPath, [MAIN, ...this.#args], {
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { ...Object.fromEntries(inherited), ...this.#environment },
      }),
    );
    let [printed, noted] = ['', ''];
    child.stdout?.on('data', (chunk) => (printed += chunk));
    child.stderr?.on('data', (chunk) => (noted += chunk));
    const closed = once(child, 'close') as Promise<[number | null]>;
    const watched = await this.#watch(child, isDue);
    const [code] = await closed;
    if (code !== 0 && !watched.isKilled) throw new Error(`migrate-store ended with ${code}: ${noted}\n${printed}`);
    const { isKilled, ...run } = watched;
    return { ...run, told: isKilled ? null : (JSON.parse(printed) as Told) };
  }

  async #watch(child: ChildProcess, isDue: (state: MoveState) => boolean) {
    const startedAt = performance.now();
    const since = (): number => (performance.now() - startedAt) / 1000;
    const wasCopied = this.state?.isCopied === true;
    let [copySeconds, peakMiB] = [0, 0];
    let isKilled = false;
    while (child.exitCode === null && child.signalCode === null) {
      const { state } = this;
      if (state !== null && !state.isCopied) copySeconds = since();
      if (state !== null && !wasCopied && !isKilled && isDue(state)) {
        isKilled = true;
        child.kill('SIGKILL');
      }
      peakMiB = Math.max(peakMiB, anonymousMiB(child.pid ?? 0));
      await delay(LOOK_MS);
    }
    return { seconds: since(), copySeconds, peakMiB, isKilled };
  }
}

/** Pages of its own: those of a store that it maps are the system's to keep or drop. */
function anonymousMiB(pid: number): number {
  try {
    const [, kib] = /^RssAnon:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return Math.round(Number(kib ?? 0) / 1024);
  } catch {
    return 0; // it is over
  }
}

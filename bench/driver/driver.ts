// The load driver as the cases see it: a process of its own that carries out one job after the other.

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { DrivenReport, DriverMessage, LoadJob } from './main.ts';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));

export class Driver {
  readonly #child: ChildProcess;
  readonly #ended: Promise<never>;

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#ended = once(child, 'exit').then(() => {
      throw new Error('The load driver ended.');
    });
    this.#ended.catch(() => {}); // it ends one day, after its last answer; a run that waits sees it too
  }

  static start(): Driver {
    return new Driver(fork(MAIN, [], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] }));
  }

  /** One at a time. Rejects if the load could not be carried out; wrong answers are counted in the report. */
  async run(job: LoadJob): Promise<DrivenReport> {
    const answer = once(this.#child, 'message');
    this.#child.send(job);
    const [message] = (await Promise.race([answer, this.#ended])) as [DriverMessage];
    if ('failure' in message) throw new Error(`The load driver failed: ${message.failure}`);
    return message.report;
  }

  close(): void {
    this.#child.disconnect();
  }
}

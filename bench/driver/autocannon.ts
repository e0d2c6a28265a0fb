// A second opinion on one path in a closed loop: autocannon in a process of its own, beside our own driver.

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { cpuSecondsOf } from './server-usage.ts';

const AUTOCANNON = fileURLToPath(import.meta.resolve('autocannon'));
const MAX_OUTPUT_BYTES = 1 << 20;

export interface SecondOpinion {
  readonly perSecond: number;
  readonly cpuMicros: number;
}

export interface OpinionAsked {
  readonly port: number;
  readonly pid: number;
  readonly path: string;
  readonly connections: number;
  readonly seconds: number;
}

interface AutocannonResult {
  readonly requests: { readonly total: number };
  readonly duration: number;
  readonly errors: number;
  readonly non2xx: number;
}

/** Throws if anything but 2xx came. */
export async function askAutocannon(asked: OpinionAsked): Promise<SecondOpinion> {
  const url = `http://127.0.0.1:${asked.port}${asked.path}`;
  const options = ['-c', String(asked.connections), '-d', String(asked.seconds), '--json', '--no-progress', url];
  const before = cpuSecondsOf(asked.pid);
  const { stdout } = await promisify(execFile)(process.execPath, [AUTOCANNON, ...options], {
    maxBuffer: MAX_OUTPUT_BYTES,
  });
  const used = cpuSecondsOf(asked.pid) - before;
  const result = JSON.parse(stdout) as AutocannonResult;
  if (result.errors > 0 || result.non2xx > 0) {
    throw new Error(`autocannon met ${result.errors} errors and ${result.non2xx} answers other than 2xx`);
  }
  return { perSecond: result.requests.total / result.duration, cpuMicros: (used * 1e6) / result.requests.total };
}

// The scripted upstream as the cases see it: started, killed, frozen, started again where it was.

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { killed, track } from '../measure/children.ts';
import type { UpstreamCounts, UpstreamScript } from './scripted-upstream.ts';

const MAIN = fileURLToPath(new URL('./scripted-upstream.ts', import.meta.url));

/** One client asks for everything here: what it may ask for elsewhere is not limited, but where that is measured. */
export const UNLIMITED_TRIPS = { JIABIAO_LIMITS__TRIPS_PER_SECOND: '0', JIABIAO_LIMITS__TRIPS_PER_PREFIX: '0' };

export interface Upstream {
  /** Settings of a node that asks it for everything that is not its own. */
  readonly settings: Readonly<Record<string, string>>;
  /** Since it was started last. */
  counts(): Promise<UpstreamCounts>;
  /** SIGSTOP: connections stand, nothing answers. */
  freeze(): void;
  /** SIGKILL, frozen or not; returns when it is gone. */
  kill(): Promise<void>;
}

export async function startUpstream(ttlSeconds = 86_400): Promise<Upstream> {
  const child: ChildProcess = track(fork(MAIN, [], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] }));
  const script: UpstreamScript = { port: 0, ttlSeconds };
  const { port } = await answerOf<{ port: number }>(child, script);
  const routes = [{ name: 'world', prefixes: ['*'], endpoints: [`http://127.0.0.1:${port}`] }];
  return {
    settings: { JIABIAO_UPSTREAM__ROUTES: JSON.stringify(routes) },
    counts: () => answerOf<UpstreamCounts>(child, 'counts'),
    freeze: () => void child.kill('SIGSTOP'),
    kill: () => killed(child),
  };
}

async function answerOf<T>(child: ChildProcess, message: UpstreamScript | 'counts'): Promise<T> {
  const waiting = new AbortController();
  const ended = once(child, 'exit', waiting).then(() => {
    throw new Error('The scripted upstream ended.');
  });
  ended.catch(() => {}); // nobody waits for it any more once the answer is there
  const answered = once(child, 'message', waiting);
  child.send(message);
  try {
    return ((await Promise.race([answered, ended])) as [T])[0];
  } finally {
    waiting.abort();
  }
}

// Checks of SM2 signatures that another thread does: each takes some milliseconds, which no event loop has that serves. What
// is right is for sm2-signatures.ts to say.

import type { MessagePort } from 'node:worker_threads';
import { HandleError } from '../domain/error.ts';
import type { CurvePoint } from '../wire/curve-point.ts';

export interface Sm2Check {
  readonly point: CurvePoint;
  readonly challenge: Uint8Array;
  /** DER. */
  readonly signature: Uint8Array;
}

/** Rejects with `OVERLOADED` if the thread ends before it has said. */
export type CheckSm2 = (check: Sm2Check) => Promise<boolean>;

/** In this thread, for who serves nobody else meanwhile. */
export const checkSm2Here: CheckSm2 = async (check) => (await loadJudge())(check);

/** In the other thread, until the port closes. */
export async function serveSm2Checks(port: MessagePort): Promise<void> {
  const judge = await loadJudge();
  port.on('message', (check: Sm2Check) => port.postMessage(judge(check)));
}

/** Begins with the first check; where the port has closed, the next one opens another. */
export function connectSm2Checks(open: () => MessagePort): CheckSm2 {
  /** The thread answers in the order in which it is asked. */
  let waiting: PromiseWithResolvers<boolean>[] = [];
  let port: MessagePort | null = null;
  const opened = (): MessagePort => {
    const made = open();
    made.on('message', (isRight: boolean) => waiting.shift()?.resolve(isRight));
    made.on('close', () => {
      port = null;
      const left = waiting;
      waiting = [];
      for (const { reject } of left)
        reject(new HandleError('OVERLOADED', 'What checks signatures has ended: try again.'));
    });
    made.unref();
    return made;
  };
  return ({ point, challenge, signature }) => {
    port ??= opened();
    const answer = Promise.withResolvers<boolean>();
    waiting.push(answer);
    // Copies: a buffer may be a piece of a larger one, which would be sent whole.
    port.postMessage({ point, challenge: new Uint8Array(challenge), signature: new Uint8Array(signature) });
    return answer.promise;
  };
}

/** The cryptography is loaded where it is used, and not by every thread that serves. */
async function loadJudge(): Promise<(check: Sm2Check) => boolean> {
  const { isSignedBySm2 } = await import('./sm2-signatures.ts');
  return ({ point, challenge, signature }) =>
    isSignedBySm2(point, { challenge: Buffer.from(challenge), signature: Buffer.from(signature) });
}

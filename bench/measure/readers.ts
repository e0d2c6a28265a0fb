// Clients that read from a node under measurement without a pause, each on a connection of its own.

import type { OurNode } from './children.ts';

/** The next path to ask for, given the end of what was answered last; empty at first. */
export type Reading = (answeredEnd: string) => string;

/** Parsing whole answers would cost the machine more than giving them. */
const END_LENGTH = 200;

/** Reads until it is stopped; an answer that is not 200 is thrown then. */
export function keepReading(
  node: OurNode,
  clients: number,
  reading: Reading,
): { readonly runs: () => number; stop(): Promise<void> } {
  let isStopped = false;
  let runs = 0;
  const headers = { authorization: `Bearer ${node.token}` };
  const read = async (): Promise<void> => {
    for (let end = ''; !isStopped; runs++) {
      const path = reading(end);
      const answer = await fetch(`http://127.0.0.1:${node.port}${path}`, { headers });
      const text = await answer.text();
      if (answer.status !== 200) throw new Error(`GET ${path} answered ${answer.status}: ${text}`);
      end = text.slice(-END_LENGTH);
    }
  };
  const all = Promise.all(Array.from({ length: clients }, read));
  all.catch(() => {}); // thrown by stop
  return {
    runs: () => runs,
    async stop() {
      isStopped = true;
      await all;
    },
  };
}

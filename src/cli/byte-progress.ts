// How far a copy of bytes or a pass over rows is: a bar on a terminal, nothing elsewhere, since such work takes seconds.

import { SingleBar } from 'cli-progress';
import type { Terminal } from './terminal.ts';

export interface Progress {
  update(done: number, total: number): void;
  stop(): void;
}

export function progressOf(terminal: Terminal, format: string): Progress {
  if (!terminal.showsNotes) return { update() {}, stop() {} };
  const bar = new SingleBar({ format, hideCursor: true, barsize: 30, stream: process.stderr });
  let isStarted = false;
  return {
    update(done, total) {
      if (!isStarted) bar.start(total, 0);
      isStarted = true;
      bar.setTotal(total);
      bar.update(done);
    },
    stop() {
      if (isStarted) bar.stop();
    },
  };
}

export const BYTES_FORMAT = '{bar} {percentage}%  {eta_formatted} left';

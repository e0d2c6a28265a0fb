// What the node says of an identifier that was written, on one line.

import type { Terminal } from './terminal.ts';

export interface Written {
  readonly handle: string;
  readonly outcome: string;
  readonly revision: number;
}

export function printWritten(written: Written, json: boolean, terminal: Terminal): void {
  terminal.print(
    json ? JSON.stringify(written) : `${written.handle}  ${written.outcome}  revision ${written.revision}`,
  );
}

// Records of a listing, one a line.

import { withoutControls } from './table.ts';
import type { Terminal } from './terminal.ts';

export interface RecordJson {
  readonly handle: string;
  readonly status: string;
  readonly isRecalled: boolean;
}

export function printRecords(records: readonly RecordJson[], json: boolean, terminal: Terminal): void {
  if (json) {
    terminal.print(JSON.stringify(records));
    return;
  }
  for (const { handle, status, isRecalled } of records) {
    terminal.print(withoutControls(`${handle}  ${status}${isRecalled ? '  recalled' : ''}`));
  }
}

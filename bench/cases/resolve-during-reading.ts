// First touches while others read the change log and histories without a pause, held against the same without them.

import { itemHandle } from '../generator.ts';
import type { BenchCase } from '../measure/bench-context.ts';
import { keepReading } from '../measure/readers.ts';
import { resolveBeside } from './resolving-beside.ts';

const CLIENTS = 4;

/** A row of the log is a batch of the loaded sector: thousands of entries. */
function nextRowOfLog(answeredEnd: string): string {
  const [, position = 0] = /"next":"\d+","position":(\d+)\}$/.exec(answeredEnd) ?? [];
  return `/v1/changes?limit=1&after=${position}`;
}

export const resolveDuringReading: BenchCase = {
  name: 'resolve-during-reading',
  run: (context) =>
    resolveBeside(context, [
      {
        what: `while ${CLIENTS} clients read the change log`,
        counted: 'rows of the log were read',
        start: (node) => keepReading(node, CLIENTS, nextRowOfLog),
      },
      {
        what: `while ${CLIENTS} clients read histories`,
        counted: 'histories were read',
        start(node, sector) {
          let item = 0;
          return keepReading(node, CLIENTS, () => {
            item = (item + 1) % sector.items;
            return `/v1/identifiers/${itemHandle(sector, item)}?view=history`;
          });
        },
      },
    ]),
};

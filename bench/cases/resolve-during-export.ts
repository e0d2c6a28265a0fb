// First touches while an export of everything runs beside the node, held against the same without it.

import type { BenchCase } from '../measure/bench-context.ts';
import { repeatCommand } from '../measure/commands.ts';
import { resolveBeside } from './resolving-beside.ts';

export const resolveDuringExport: BenchCase = {
  name: 'resolve-during-export',
  run: (context) =>
    resolveBeside(context, [
      {
        what: 'during an export',
        counted: 'exports ended',
        start: (node) => repeatCommand(['export', '--store', node.directory]),
      },
    ]),
};

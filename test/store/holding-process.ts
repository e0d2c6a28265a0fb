// A process that holds a state of a store, as a backup does, until it is killed: `node holding-process.ts DIRECTORY`.

import { visitEnvironment } from '../../src/store/lmdb-environment.ts';
import { pinPages } from '../../src/store/lmdb-pages.ts';

const pages = pinPages(visitEnvironment(process.argv[2] ?? ''));
process.stdout.write(`holding ${pages.byteLength}\n`);
// What nobody refers to would be collected, and the state let go of.
setInterval(() => pages.growthBytes(), 60_000);

// Loaded into a node before anything else, in each of its threads: its clock is as far ahead as a file says, and jumps when
// the file changes.

import { readFileSync } from 'node:fs';

const file = process.env.TEST_CLOCK_FILE ?? '';
const real = Date.now;
const read = (): number => Number(readFileSync(file, 'utf8'));
let aheadMs = read();
Date.now = () => real() + aheadMs;
setInterval(() => {
  aheadMs = read();
}, 10).unref();

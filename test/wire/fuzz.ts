// `npm run fuzz -- [inputs] [seed]`: ten million spoilt messages, or as many as are asked for. The same seed gives the same
// inputs, so a failure is repeated by what it prints.

import { fuzz } from './fuzzing.ts';

const [inputs = 10_000_000, seed = 20_261_125] = process.argv.slice(2).map(Number);
const SLICE = 500_000;

const startedAt = performance.now();
const total = { decoded: 0, refused: 0 };
for (let done = 0; done < inputs; done += SLICE) {
  const { decoded, refused } = fuzz(seed + done / SLICE, Math.min(SLICE, inputs - done));
  total.decoded += decoded;
  total.refused += refused;
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  const all = total.decoded + total.refused;
  process.stdout.write(`${all} inputs: ${total.decoded} decoded, ${total.refused} refused, ${seconds} s\n`);
}
process.stdout.write(`No input of seed ${seed} breaks the law.\n`);

// `npm run docs`: brings the generated tables of the documents up to date. The tidy test says when that is needed.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { GENERATED, ROOT, withTable } from './generated-tables.ts';

for (const { path, table } of GENERATED) {
  const file = join(ROOT, path);
  const before = readFileSync(file, 'utf8');
  const after = withTable(before, table());
  if (after === before) continue;
  writeFileSync(file, after);
  console.log(`${path} was brought up to date`);
}

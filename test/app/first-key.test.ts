// The first operator's key of nodes that start at once on an empty registry: one of them keeps it, and it opens.

import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { createLog } from '../../src/app/logs.ts';
import { makeFirstKey } from '../../src/app/operator-key.ts';
import { openAgreements } from '../../src/peers/agreements.ts';
import { tokenHashOf } from '../../src/registry/tokens.ts';
import { connectTo } from '../peers/world.ts';
import { openPostgres } from '../store/postgres-world.ts';

const directory = mkdtempSync(join(tmpdir(), 'jiabiao-first-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

test('is kept by one of several nodes that start at once, and is the one that opens', async () => {
  const first = await openPostgres();
  const nodes = [first, ...(await Promise.all([1, 2].map(() => openPostgres({ schema: first.schema }))))];
  const url = new URL(first.url);
  url.searchParams.set('options', `-c search_path=${first.schema}`);
  const files = nodes.map((_, i) => join(directory, `${i}`, 'operator.key'));
  const tokens = await Promise.all(
    nodes.map(({ store }, i) =>
      makeFirstKey({
        ...{ store, file: files[i] as string, agreements: openAgreements(connectTo(url.href)) },
        log: createLog({ level: 'silent' }, 'main'),
      }),
    ),
  );
  const [token, ...others] = tokens.filter((each) => each !== null);
  expect(others).toEqual([]);
  const [file, ...more] = files.filter((each) => existsSync(each));
  expect(more).toEqual([]);
  expect(readFileSync(file ?? '', 'utf8')).toBe(`${token}\n`);
  expect(await nodes[1]?.store.keyByHash(tokenHashOf(token ?? ''))).toMatchObject({ principalId: 'operator' });
  await Promise.all(nodes.map(({ close }) => close()));
});

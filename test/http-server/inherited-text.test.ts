// What parents hand down leaves as one text made once. It says the same as values put together one by one, which is what a
// question with a parameter gets.

import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CHAIRS, type OpenDoor, openDoor } from './door.ts';
import { register } from './registering.ts';

let door: OpenDoor;
beforeAll(async () => {
  door = await openDoor();
});
afterAll(() => door.close());

const PLAIN = { index: 2010, type: 'PRODUCTION_DATE', data: '2026-03-11' };

const someValue = fc.record({
  index: fc.integer({ min: 2000, max: 2012 }),
  type: fc.constantFrom('PRODUCT_NAME', 'BRAND', 'URL'),
  data: fc.constantFrom('chair', '椅子', 'a"b', 'x'.repeat(300)),
  ttl: fc.constantFrom(86_400, 60, '2026-11-24T00:00:00Z'),
  permissions: fc.constantFrom('1110', '1100'),
});
const someValues = fc.uniqueArray(someValue, { maxLength: 3, selector: ({ index }) => index });
const family = fc.record({ model: someValues, batch: someValues, item: someValues });

/** The answer without a query, twice, and with one that asks for the same. */
async function toldOf(name: string): Promise<readonly string[]> {
  const path = `/api/handles/${CHAIRS}/${name}`;
  const told = [];
  for (const query of ['', '', '?publicOnly=true']) {
    const { text, headers } = await door.ask('GET', path + query);
    told.push(`${headers.etag} ${headers['cache-control']} ${text}`);
  }
  return told;
}

it('is the same text, wherever own values stand, whatever is private, and however long it may be kept', async () => {
  let families = 0;
  await fc.assert(
    fc.asyncProperty(family, async ({ model, batch, item }) => {
      const at = ++families;
      await register(
        door,
        { handle: `${CHAIRS}/M${at}`, values: model },
        { handle: `${CHAIRS}/B${at}`, parent: `${CHAIRS}/M${at}`, values: batch },
        { handle: `${CHAIRS}/I${at}`, parent: `${CHAIRS}/B${at}`, values: item },
      );
      const [first, second, whole] = await toldOf(`I${at}`);
      expect([first, second]).toEqual([whole, whole]);
    }),
    { numRuns: 60 },
  );
});

it.each([
  ['behind', [2020]],
  ['before', [2005]],
  ['on both sides', [2005, 2020]],
  ['in place of them', [2010]],
])('holds for own values %s', async (place, indexes) => {
  const [parent, child] = [`${CHAIRS}/P-${place}`, `C-${place}`].map((name) => name.replaceAll(' ', '-'));
  const values = indexes.map((index) => ({ index, type: 'SERIAL', data: `S-${index}` }));
  await register(door, { handle: String(parent), values: [PLAIN] });
  await register(door, { handle: `${CHAIRS}/${child}`, parent: String(parent), values });
  const [first, second, whole] = await toldOf(String(child));
  expect([first, second]).toEqual([whole, whole]);
  const told = JSON.parse(String(whole).replace(/^[^{]*/, '')) as { values: { index: number }[] };
  expect(told.values.map(({ index }) => index)).toEqual([...new Set([...indexes, 2010])].sort());
});

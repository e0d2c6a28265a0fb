// What a report says of a row, it says in Chinese and in English, whatever finds the fault: form, rules of values,
// templates, parents, lots, holders. Whoever mends the file reads one of the two.

import { afterEach, beforeEach, expect, it } from 'vitest';
import { putTemplate } from '../registry/template-fixture.ts';
import { CHAIRS, line, linesOf, openWorld, type World } from './world.ts';

let world: World;
beforeEach(async () => {
  world = await openWorld();
});
afterEach(() => world.remove());

/** Chinese up to a full stop, then English. */
const BOTH = /[\u4e00-\u9fff][^/]*(?:\/(?! [A-Z"])[^/]*)*。 \/ [A-Z"\d][^。]*\.$/;

/** The last cell of a report's line, without its quotes. */
function detailOf(row: string): string {
  const cell = /(?:^|,)(?:"((?:[^"]|"")*)"|([^",]*))$/.exec(row);
  return (cell?.[1] ?? cell?.[2] ?? '').replaceAll('""', '"');
}

async function detailsOf(...lines: readonly string[]): Promise<readonly string[]> {
  const job = await world.run(linesOf(...lines));
  expect(job.counts).toMatchObject({ refused: lines.length });
  const details = (await world.report(job.id)).map(detailOf);
  expect(details.map((detail) => [detail, BOTH.test(detail)])).toEqual(details.map((detail) => [detail, true]));
  return details;
}

let rows = 0;
/** Each row has an identifier of its own. */
const row = (more: object): string => line(`row-${++rows}`, more);
const value = (more: object): string => row({ values: [{ index: 2000, type: 'NAME', data: 'x', ...more }] });

it('of a row that is no registration', async () => {
  await detailsOf(
    '{"handle": broken}',
    '{"handle": "x", "values": [],',
    '[]',
    '"text"',
    '{"values":[]}',
    '{"handle":7,"values":[]}',
    `{"handle":"${CHAIRS}/a"}`,
    row({ values: {} }),
    row({ colour: 'red' }),
    row({ status: 'gone' }),
    row({ ifMatch: 'r1' }),
    row({ operation: 'vanish' }),
    JSON.stringify({ operation: 'revoke', handle: `${CHAIRS}/a` }),
    JSON.stringify({ operation: 'recall', handle: `${CHAIRS}/a`, reason: 'hinge' }),
  );
});

it('of an identifier that is none, or is not the writer’s', async () => {
  const named = (handle: string): string => JSON.stringify({ handle, values: [] });
  await detailsOf(
    named('no slash'),
    named('/suffix'),
    named(`${CHAIRS}/`),
    named(`${CHAIRS}/a\u0007b`),
    named('88..1/x'),
    named(`${CHAIRS}/${'x'.repeat(1200)}`),
    named('88.118.10002/other'),
    named('88.118.77777/nobody'),
    named('88.118/own'),
    named('0.NA/88.118.10001'),
    named('10.1000/elsewhere'),
  );
});

it('of a value that breaks a rule', async () => {
  await detailsOf(
    value({ index: 0 }),
    value({ index: undefined }),
    value({ type: undefined }),
    value({ type: '' }),
    value({ type: ' NAME' }),
    value({ type: 'NAME.' }),
    value({ type: 'x'.repeat(200) }),
    value({ data: undefined }),
    value({ data: 'x'.repeat(70_000) }),
    value({ data: { format: 'hex', value: 'xyz' } }),
    value({ permissions: '2' }),
    value({ ttl: 'soon' }),
    value({ references: [{ handle: 'none', index: 1 }] }),
    value({ type: 'HS_SITE' }),
    value({ type: 'HS_SECKEY' }),
    value({ index: 1002 }),
    row({ values: [1, 2].map(() => ({ index: 1, type: 'T', data: '' })) }),
  );
});

it('of a row that does not fit its template, with each element by both its names', async () => {
  const template = `${CHAIRS}/META_CHAIR`;
  const choices = ['E0', 'E1'].map((one) => ({ value: one, name: { zh: one, en: one } }));
  await putTemplate(world.fixture, world.enterprise, template, [
    { index: 2000, kind: 'string', required: true, minLength: 2, maxLength: 5 },
    { index: 2001, kind: 'number', minimum: 1, maximum: 9, decimals: 1 },
    { index: 2002, kind: 'date' },
    { index: 2003, kind: 'enumeration', choices },
    { index: 2004, kind: 'url' },
    { index: 2005, kind: 'file', fileTypes: ['pdf'] },
    { index: 2006, kind: 'handle' },
    { index: 2007, kind: 'string', pattern: '[A-Z]+' },
  ]);
  const name = { index: 2000, type: 'TYPE_2000', data: 'Oak' };
  const fault = (index: number, data: string): string =>
    row({ template, values: [name, { index, type: `TYPE_${index}`, data }].slice(index === 2000 ? 1 : 0) });
  const faults: readonly (readonly [number, string])[] = [
    [2000, ''],
    [2000, 'O'],
    [2000, 'a name that is too long'],
    [2001, '1e3'],
    [2001, '0'],
    [2001, '10'],
    [2001, '1.55'],
    [2002, '31/1/2026'],
    [2003, 'E2'],
    [2004, 'no address'],
    [2005, 'https://oak.example/manual.doc'],
    [2006, 'no handle'],
    [2007, 'small'],
  ];
  const details = await detailsOf(...faults.map(([index, data]) => fault(index, data)));
  details.forEach((detail, i) => {
    const element = faults[i]?.[0];
    expect(detail).toContain(`元素 ${element} (要素${element} / Element ${element})`);
    expect(detail).toContain(`element ${element} (要素${element} / Element ${element})`);
  });
  const [missing, unknown, wrongType] = await detailsOf(
    row({ template, values: [] }),
    row({ template, values: [name, { index: 2999, type: 'X', data: 'x' }] }),
    row({ template, values: [{ ...name, type: 'X' }] }),
  );
  expect(missing).toContain('元素 2000 (要素2000 / Element 2000)缺少：请补上');
  expect(unknown).toContain('索引 2999 (X) 不是它的元素');
  expect(wrongType).toContain('的类型是 TYPE_2000，不是 X');
  await detailsOf(row({ template: `${CHAIRS}/META_NONE` }), row({ template: '88.118.10002/META_X' }));
});

it('of what stands against it: parents, states, lots, quotas', async () => {
  await world.run(linesOf(line('model'), line('batch', { parent: `${CHAIRS}/model` }), line('gone')));
  const { fixture, enterprise, operator } = world;
  await world.run(linesOf(JSON.stringify({ operation: 'revoke', handle: `${CHAIRS}/gone`, reason: 'broken' })));
  const shape = { prefix: CHAIRS, head: 'LOT-', width: 4, from: 1, to: 20, tagLength: 0 };
  await fixture.lots.create(enterprise, { ...shape, parent: null, template: null, values: [] }, null);
  const parents = await detailsOf(
    line('a', { parent: `${CHAIRS}/none` }),
    line('b', { parent: `${CHAIRS}/b` }),
    line('c', { parent: '88.118.10002/other' }),
    line('model', { parent: `${CHAIRS}/batch` }),
    line('d', { parent: `${CHAIRS}/LOT-0001` }),
  );
  expect(parents[0]).toContain(`上级标识 ${CHAIRS}/none 不存在：请先登记。`);
  await detailsOf(
    line('gone'),
    line('model', { mode: 'create' }),
    line('absent', { mode: 'update' }),
    line('batch', { ifMatch: 7 }),
    line('LOT-001A'),
    JSON.stringify({ operation: 'recall', handle: `${CHAIRS}/gone`, reason: 'hinge', notice: 'stop' }),
  );
  await fixture.directory.updateEnterprise(operator, CHAIRS, { quota: 1 }, null);
  const [quota] = await detailsOf(line('one-more'));
  expect(quota).toContain('配额');
});

it('of rows beyond the quota, at which an import of several calls ends exactly', async () => {
  const { fixture, operator } = world;
  await fixture.directory.updateEnterprise(operator, CHAIRS, { quota: 2500 }, null);
  const job = await world.run(linesOf(...Array.from({ length: 6000 }, (_, i) => line(`R-${i}`))));
  expect(job.counts).toMatchObject({ created: 2500, refused: 3500 });
  expect(detailOf((await world.report(job.id))[0] ?? '')).toMatch(BOTH);
});

it('of an import that stops at a refused row', async () => {
  const job = await world.run(linesOf(line('a'), '{'), { onError: 'stop' });
  expect(job.reason).toMatch(/没有写入任何标识.* \/ A row was refused.*nothing was written/);
});

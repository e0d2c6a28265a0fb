// `jiabiao template` against a real node, from the starter file to a refusal that names the element.

import { readFileSync, writeFileSync } from 'node:fs';
import { beforeAll, expect, test } from 'vitest';
import { servedHere } from './served.ts';

const STARTER = 'config/templates/furniture.json';
const META = '88.118/META_FURNITURE';
const { directory, jiabiao, enterprise } = servedHere();
let prefix: string;

beforeAll(async () => {
  prefix = await enterprise();
});

test('a starter is put once, listed and shown', async () => {
  const put = await jiabiao('template', 'put', STARTER);
  expect(put).toMatchObject({ code: 0, stderr: '' });
  expect(put.stdout).toMatch(/^handle {4}88\.118\/META_FURNITURE\nversion {3}1\nname {6}家具 \/ Furniture\n/);
  expect(put.stdout).toMatch(
    /2000 {3}PRODUCT_NAME +string +required,searchable +产品名称 \/ Product name +–200 characters\n/,
  );
  expect((await jiabiao('template', 'put', STARTER)).stdout).toContain('version   1\n');
  expect((await jiabiao('template', 'list')).stdout).toMatch(/88\.118\/META_FURNITURE +1 +\d+ +家具 \/ Furniture\n/);
  expect((await jiabiao('template', 'list', '--prefix', prefix)).stdout).toBe('HANDLE  VERSION  ELEMENTS  NAME\n');
  expect((await jiabiao('template', 'show', META)).stdout).toBe(put.stdout);
});

test('what is shown as JSON can be changed and put again, as another one too', async () => {
  const own = `${prefix}/META_SOFA`;
  await jiabiao('template', 'put', STARTER, '--handle', own);
  const shown = JSON.parse((await jiabiao('template', 'show', own, '--json')).stdout);
  const file = directory.file('sofa.json');
  writeFileSync(file, JSON.stringify({ ...shown, name: { zh: '沙发', en: 'Sofas' } }));
  expect(await jiabiao('template', 'put', file, '--if-match', '7')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('is at version 1, not 7'),
  });
  expect(await jiabiao('template', 'disable', own, 'x')).toMatchObject({ code: 2 });
  expect((await jiabiao('template', 'put', file, '--if-match', '1')).stdout).toContain('version   2\n');
  const disabled = await jiabiao('template', 'disable', own, '2042', '2043');
  expect(disabled.stdout).toMatch(/2042 +DIMENSIONS +string +disabled/);
  expect((await jiabiao('template', 'show', own, '--at-version', '1')).stdout).toContain('家具 / Furniture');
});

test('a registration that does not fit is refused, the element named', async () => {
  const values = (name: string) =>
    JSON.stringify({
      values: [
        { index: 2000, type: 'PRODUCT_NAME', data: name },
        { index: 2002, type: 'BRAND', data: '家' },
        { index: 2006, type: 'CATEGORY', data: '沙发' },
        { index: 2008, type: 'MANUFACTURER', data: '中山家具' },
        { index: 2041, type: 'FORMALDEHYDE_CLASS', data: name === '' ? 'E2' : 'E0' },
      ],
    });
  const file = directory.file('record.json');
  const register = (content: string) => {
    writeFileSync(file, content);
    return jiabiao('register', `${prefix}/S1`, '--template', META, '--file', file);
  };
  const refused = await register(values(''));
  expect(refused.code).not.toBe(0);
  expect(refused.stderr).toContain('element 2000 (产品名称 / Product name): it is empty: fill it in');
  expect(refused.stderr).toContain('element 2041 (甲醛释放限量等级 / Formaldehyde class): "E2" is none of its choices');
  expect((await register(values('沙发'))).stdout).toContain('created');

  const rows = directory.file('rows.ndjson');
  const row = { handle: `${prefix}/S2`, template: META, ...JSON.parse(values('')) };
  writeFileSync(rows, `${JSON.stringify(row)}\n`);
  const report = directory.file('report.csv');
  await jiabiao('import', rows, '--report', report);
  expect(readFileSync(report, 'utf8')).toContain('element 2000 (产品名称 / Product name)');
});

test('a row that does not fit is refused by its column, and the others go in', async () => {
  const mapping = {
    handle: `${prefix}/{型号}`,
    template: META,
    constants: { 企业: '中山家具' },
    values: [
      { column: '品名', index: 2000, type: 'PRODUCT_NAME' },
      { text: '{企业}', index: 2002, type: 'BRAND' },
      { text: '{企业}', index: 2006, type: 'CATEGORY' },
      { text: '{企业}', index: 2008, type: 'MANUFACTURER' },
      { column: '甲醛', index: 2041, type: 'FORMALDEHYDE_CLASS' },
    ],
  };
  writeFileSync(directory.file('mapping.json'), JSON.stringify(mapping));
  writeFileSync(directory.file('sheet.csv'), '型号,品名,甲醛\nC1,橡木椅,E0\nC2,橡木凳,E9\nC3,,E1\nC4,橡木桌,\n');
  const report = directory.file('sheet-report.csv');
  const args = ['import', directory.file('sheet.csv'), '--mapping', directory.file('mapping.json'), '--report', report];
  for (const dryRun of [['--dry-run'], []]) {
    expect(await jiabiao(...args, ...dryRun)).toMatchObject({ code: 3 });
    const lines = readFileSync(report, 'utf8').trim().split('\r\n').slice(1);
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(
      /^3,甲醛,.*\/C2,INVALID_VALUE,属性值不符合规则 \/ A value breaks a rule,.*element 2041 \(甲醛/,
    );
    expect(lines[1]).toMatch(/^4,,.*element 2000 \(产品名称 \/ Product name\) is missing: add it/);
  }
});

test('a file that is no template is named', async () => {
  writeFileSync(directory.file('x.json'), '[]');
  expect(await jiabiao('template', 'put', directory.file('x.json'))).toMatchObject({ code: 2 });
  writeFileSync(directory.file('y.json'), '{"name":{}}');
  expect((await jiabiao('template', 'put', directory.file('y.json'))).stderr).toContain('--handle');
  expect((await jiabiao('template', 'put', directory.file('y.json'), '--handle', `${prefix}/M`)).stderr).toContain(
    '/name/zh',
  );
});

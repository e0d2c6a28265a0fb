// What a person sees of a product that has a template: the names that its enterprise gave its properties.

import { afterAll, beforeAll, expect, it } from 'vitest';
import { CHAIRS, type OpenDoor, openDoor } from './door.ts';
import { register } from './registering.ts';

const META = `${CHAIRS}/META_CHAIR`;
const ITEM = `${CHAIRS}/M1.0001`;
const choices = [
  { value: 'E0', name: { zh: 'E0 级', en: 'Class E0' } },
  { value: 'E1', name: { zh: 'E1 级', en: 'Class E1' } },
];
const elements = [
  { index: 2050, type: 'SEAT_LOAD', kind: 'number', name: { zh: '承重 <b>', en: 'Seat load <b>' }, unit: 'kg' },
  {
    index: 2041,
    type: 'FORMALDEHYDE_CLASS',
    kind: 'enumeration',
    name: { zh: '甲醛等级', en: 'Formaldehyde' },
    choices,
  },
  { index: 2030, type: 'SERIAL', kind: 'string', name: { zh: '编号', en: 'Number' } },
];

let door: OpenDoor;
beforeAll(async () => {
  door = await openDoor();
  await putTemplate(elements);
  const values = [
    { index: 2041, type: 'FORMALDEHYDE_CLASS', data: 'E0' },
    { index: 2050, type: 'seat_load', data: '120' },
    { index: 1500, type: 'BRAND', data: '家' },
  ];
  await register(
    door,
    { handle: `${CHAIRS}/M1`, template: META, values },
    { handle: ITEM, parent: `${CHAIRS}/M1`, values: [{ index: 2030, type: 'SERIAL', data: '0001' }] },
    { handle: `${CHAIRS}/BARE`, values: [{ index: 2030, type: 'SERIAL', data: '0001' }] },
  );
});
afterAll(() => door.close());

async function putTemplate(given: readonly object[]): Promise<void> {
  const json = { name: { zh: '椅子', en: 'Chairs' }, elements: given };
  const { status } = await door.ask('PUT', `/v1/templates/${META}`, { key: door.chairs, json });
  expect(status).toBeLessThan(300);
}

async function rowsOf(handle: string, language: string): Promise<string[]> {
  const { text } = await door.ask('GET', `/${handle}?lang=${language}`, { headers: { accept: 'text/html' } });
  return Array.from(text.matchAll(/<dt>(.*?)<\/dt><dd>(.*?)<\/dd>/g), ([, label, shown]) => `${label}: ${shown}`).slice(
    1,
  );
}

it('are its labels, in both languages, in their order, also for what is inherited', async () => {
  expect(await rowsOf(ITEM, 'zh')).toEqual(['承重 &lt;b&gt;: 120 kg', '甲醛等级: E0 级', '编号: 0001', '品牌: 家']);
  expect(await rowsOf(ITEM, 'en')).toEqual([
    'Seat load &lt;b&gt;: 120 kg',
    'Formaldehyde: Class E0',
    'Number: 0001',
    'Brand: 家',
  ]);
});

it('are not those of a record without a template', async () => {
  expect(await rowsOf(`${CHAIRS}/BARE`, 'zh')).toEqual(['序列号: 0001']);
});

it('change with the next version', async () => {
  await putTemplate(elements.map((one) => (one.index === 2030 ? { ...one, name: { zh: '序号', en: 'No.' } } : one)));
  expect(await rowsOf(ITEM, 'zh')).toContain('序号: 0001');
});

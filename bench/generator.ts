// Realistic sector data of any size from a seed: furniture, kitchen and bath, lighting and small appliances, at model,
// batch and item level. Pure: the same sector gives the same handles and values on every machine, and nothing is kept.

import { seededRandom } from './random.ts';

/** Items of a batch, and batches of a model: a furniture plant's usual lot and a season's lots. */
const ITEMS_PER_BATCH = 100;
const BATCHES_PER_MODEL = 20;
const ITEMS_PER_MODEL = ITEMS_PER_BATCH * BATCHES_PER_MODEL;
/** Models of an enterprise, so that a million items belong to 25 of them. */
const MODELS_PER_ENTERPRISE = 20;
const ITEMS_PER_ENTERPRISE = MODELS_PER_ENTERPRISE * ITEMS_PER_MODEL;

/**
 * `full`: an item answers with 8 values, 4 of them inherited; `slim`: with 3, one of them inherited (~400 bytes); `lean`: what
 * storage is measured with, items of 16 bytes of suffix with two values of 12 bytes, a million of them in each batch.
 */
export type SectorShape = 'full' | 'slim' | 'lean';

export interface Sector {
  readonly shape: SectorShape;
  /** Items; their batches and models come on top (about one in a hundred). */
  readonly items: number;
  readonly seed: number;
}

/** One registration as the batch call takes it. */
export interface SectorRow {
  readonly handle: string;
  readonly parent?: string;
  readonly values: readonly { readonly index: number; readonly type: string; readonly data: string }[];
}

interface Line {
  readonly code: string;
  readonly name: string;
  readonly brand: string;
  readonly feature: readonly [type: string, values: readonly string[]];
}

const LINES: readonly Line[] = [
  { code: 'CHR', name: '实木餐椅', brand: '中山红木', feature: ['FORMALDEHYDE_CLASS', ['ENF', 'E0', 'E1']] },
  { code: 'SOF', name: '三人位布艺沙发', brand: '居然之选', feature: ['DIMENSIONS', ['2100×900×820', '1980×880×800']] },
  { code: 'SHW', name: '恒温花洒套装', brand: '水韵', feature: ['FLOW_RATE', ['8.2 L/min', '9.0 L/min']] },
  {
    code: 'LMP',
    name: 'LED 吸顶灯',
    brand: '古镇光源',
    feature: ['COLOUR_TEMPERATURE', ['3000 K', '4000 K', '6500 K']],
  },
  { code: 'RCK', name: '电饭煲', brand: '小榄电器', feature: ['ENERGY_LABEL', ['1', '2', '3']] },
];
const REGIONS = ['广东', '浙江', '四川', '山东', '北京', 'EU', 'ASEAN'];

function lineOf(model: number): Line {
  return LINES[model % LINES.length] as Line;
}

function pick<T>(choices: readonly T[], sector: Sector, number: number): T {
  return choices[Math.floor(seededRandom(sector.seed ^ Math.imul(number, 0x9e3779b1))() * choices.length)] as T;
}

const LEAN_PREFIX = '88.118.30000';
export const LEAN_ITEMS_PER_BATCH = 1_000_000;

/** The enterprise prefixes that a sector's identifiers are under. */
export function prefixesOf(sector: Sector): readonly string[] {
  if (sector.shape === 'lean') return [LEAN_PREFIX];
  return Array.from({ length: Math.ceil(sector.items / ITEMS_PER_ENTERPRISE) }, (_, i) =>
    prefixOfEnterprise(sector, i),
  );
}

function prefixOfEnterprise(sector: Sector, enterprise: number): string {
  return `88.118.${(sector.shape === 'full' ? 10_000 : 20_000) + enterprise}`;
}

function modelHandle(sector: Sector, model: number): string {
  const prefix = prefixOfEnterprise(sector, Math.floor(model / MODELS_PER_ENTERPRISE));
  return `${prefix}/${lineOf(model).code}-${String(model).padStart(4, '0')}`;
}

function batchHandle(sector: Sector, batch: number): string {
  const within = batch % BATCHES_PER_MODEL;
  return `${modelHandle(sector, Math.floor(batch / BATCHES_PER_MODEL))}.B26${String(within + 1).padStart(2, '0')}`;
}

/** The handle of item `item`, 0 … items − 1. */
export function itemHandle(sector: Sector, item: number): string {
  if (sector.shape === 'lean') return `${leanBatch(item)}-${String(item).padStart(10, '0')}`;
  const serial = String(item % ITEMS_PER_BATCH).padStart(5, '0');
  return `${batchHandle(sector, Math.floor(item / ITEMS_PER_BATCH))}.${serial}`;
}

/** Handle of the batch a lean item is of. */
export function leanBatch(item: number): string {
  return `${LEAN_PREFIX}/B${String(Math.floor(item / LEAN_ITEMS_PER_BATCH)).padStart(4, '0')}`;
}

/** A handle as somebody would guess it: of a real batch, with a serial that was never made. Another one for each number. */
export function unknownHandle(sector: Sector, number: number): string {
  const known = itemHandle(sector, number % sector.items);
  return `${known}9${Math.floor(number / sector.items)}`;
}

/** Models and batches: to be registered before the items. */
export function* parentRows(sector: Sector): Generator<SectorRow> {
  if (sector.shape === 'lean') {
    for (let item = 0; item < sector.items; item += LEAN_ITEMS_PER_BATCH) yield leanBatchRow(item);
    return;
  }
  for (let model = 0; model * ITEMS_PER_MODEL < sector.items; model++) yield modelRow(sector, model);
  if (sector.shape === 'slim') return;
  for (let batch = 0; batch * ITEMS_PER_BATCH < sector.items; batch++) yield batchRow(sector, batch);
}

/** Items in order of their handles. */
export function* itemRows(sector: Sector): Generator<SectorRow> {
  for (let item = 0; item < sector.items; item++) yield itemRow(sector, item);
}

function leanBatchRow(item: number): SectorRow {
  return { handle: leanBatch(item), values: [{ index: 2010, type: 'PRODUCTION_DATE', data: '2026-03-11' }] };
}

function leanRow(sector: Sector, item: number): SectorRow {
  const serial = { index: 2020, type: 'SERIAL', data: `SN${String(item).padStart(10, '0')}` };
  const check = Math.imul(item ^ sector.seed, 0x9e3779b1) >>> 0;
  const code = { index: 2021, type: 'CODE', data: `C-${String(check).padStart(10, '0')}` };
  return { handle: itemHandle(sector, item), parent: leanBatch(item), values: [serial, code] };
}

function modelRow(sector: Sector, model: number): SectorRow {
  const line = lineOf(model);
  const name = { index: 2000, type: 'PRODUCT_NAME', data: `${line.name} ${line.code}-${model}` };
  const handle = modelHandle(sector, model);
  if (sector.shape === 'slim') return { handle, values: [name] };
  const [type, choices] = line.feature;
  return {
    handle,
    values: [
      name,
      { index: 2001, type: 'BRAND', data: line.brand },
      { index: 2002, type, data: pick(choices, sector, model) },
    ],
  };
}

function batchRow(sector: Sector, batch: number): SectorRow {
  const day = String((batch % 28) + 1).padStart(2, '0');
  return {
    handle: batchHandle(sector, batch),
    parent: modelHandle(sector, Math.floor(batch / BATCHES_PER_MODEL)),
    values: [{ index: 2010, type: 'PRODUCTION_DATE', data: `2026-03-${day}` }],
  };
}

/** The registration of item `item`. */
export function itemRow(sector: Sector, item: number): SectorRow {
  if (sector.shape === 'lean') return leanRow(sector, item);
  const serial = { index: 2020, type: 'SERIAL', data: `SN${String(item).padStart(10, '0')}` };
  const region = { index: 2023, type: 'SALES_REGION', data: pick(REGIONS, sector, item) };
  const batch = Math.floor(item / ITEMS_PER_BATCH);
  const handle = itemHandle(sector, item);
  if (sector.shape === 'slim') {
    return { handle, parent: modelHandle(sector, Math.floor(batch / BATCHES_PER_MODEL)), values: [serial, region] };
  }
  const minute = String(item % 60).padStart(2, '0');
  return {
    handle,
    parent: batchHandle(sector, batch),
    values: [
      serial,
      { index: 2021, type: 'PRODUCED_AT', data: `2026-03-11T09:${minute}:00+08:00` },
      { index: 2022, type: 'QC_REPORT', data: `https://qc.example.cn/reports/${item.toString(36)}` },
      region,
    ],
  };
}

/** A row for registering what is not there yet: three own values, no parent, under the given prefix. */
export function newRow(prefix: string, number: number): SectorRow {
  return {
    handle: `${prefix}/REG-${String(number).padStart(9, '0')}`,
    values: [
      { index: 2000, type: 'PRODUCT_NAME', data: `${lineOf(number).name} ${number}` },
      { index: 2020, type: 'SERIAL', data: `SN${String(number).padStart(10, '0')}` },
      { index: 2022, type: 'QC_REPORT', data: `https://qc.example.cn/reports/${number.toString(36)}` },
    ],
  };
}

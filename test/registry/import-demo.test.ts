// The demo sector is a good example: every row of it can be registered, in the order of its files.

import { createReadStream, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseMapping } from '../../src/registry/import-mapping.ts';
import { type ImportFormat, type ImportRow, readRows } from '../../src/registry/import-rows.ts';
import type { Registration } from '../../src/registry/registration.ts';
import { parseRegistration } from '../../src/registry/registration-json.ts';

interface DemoEnterprise {
  readonly prefix: string;
  readonly name: string;
  readonly contact: string;
  readonly imports: readonly { readonly file: string; readonly mapping?: string }[];
}

const folder = new URL('../../config/demo/', import.meta.url);
const enterprises = readJson('enterprises.json') as readonly DemoEnterprise[];

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(new URL(path, folder), 'utf8'));
}

async function rowsOf(enterprise: DemoEnterprise): Promise<ImportRow[]> {
  const rows: ImportRow[] = [];
  for (const { file, mapping } of enterprise.imports) {
    const format: ImportFormat =
      mapping === undefined ? { kind: 'ndjson' } : { kind: 'csv', mapping: parseMapping(readJson(mapping)) };
    for await (const row of readRows(createReadStream(new URL(file, folder)), format)) rows.push(row);
  }
  return rows;
}

async function registrationsOf(enterprise: DemoEnterprise): Promise<Registration[]> {
  return (await rowsOf(enterprise)).map((row) => {
    if ('error' in row) throw row.error;
    return parseRegistration(JSON.parse(row.json), '', { mode: 'upsert' });
  });
}

function hasGoodCheckDigit(gtin: string): boolean {
  const sum = [...gtin].reduce((total, digit, i) => total + Number(digit) * (i % 2 === 0 ? 3 : 1), 0);
  return /^\d{14}$/.test(gtin) && sum % 10 === 0;
}

describe.each(enterprises)('$name', (enterprise) => {
  test('has parents before children, each handle once, all under its prefix', async () => {
    const known = new Set<string>();
    for (const registration of await registrationsOf(enterprise)) {
      const { handle } = registration;
      expect(handle.startsWith(`${enterprise.prefix}/`)).toBe(true);
      if (registration.operation === 'put') {
        expect(known.has(handle)).toBe(false);
        if (registration.parent !== null) expect(known).toContain(registration.parent);
      } else expect(known).toContain(handle);
      known.add(handle);
    }
    expect(known.size).toBeGreaterThan(300);
  });

  test('has product attributes from index 2000 on, and GTINs that are right and for demonstration only', async () => {
    const types = new Map<number, string>();
    for (const registration of await registrationsOf(enterprise)) {
      if (registration.operation !== 'put') continue;
      for (const { index, type, data } of registration.values) {
        expect(index).toBeGreaterThanOrEqual(2000);
        expect(types.get(index) ?? type).toBe(type);
        types.set(index, type);
        if (type === 'GTIN') expect([data.startsWith('0952'), hasGoodCheckDigit(data)]).toEqual([true, true]);
        if (type.startsWith('URL')) expect(data).toMatch(/^https:\/\/example\.com\//);
      }
    }
    expect(types.size).toBeGreaterThan(12);
  });
});

describe('the demo sector', () => {
  test('shows what there is to show: private values, a reserved identifier, a recall', async () => {
    const all = (await Promise.all(enterprises.map(registrationsOf))).flat();
    const puts = all.filter((one) => one.operation === 'put');
    expect(puts.length).toBeGreaterThan(1000);
    expect(puts.some(({ values }) => values.some(({ permissions }) => permissions === 0b1100))).toBe(true);
    expect(puts.some(({ status }) => status === 'reserved')).toBe(true);
    expect(all.filter(({ operation }) => operation === 'revoke')).toHaveLength(1);
  });
});

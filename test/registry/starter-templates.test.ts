// The templates in config/templates: what the sector needs is in them, and the demo's products fit them.

import { createReadStream, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseMapping } from '../../src/registry/import-mapping.ts';
import { type ImportFormat, readRows } from '../../src/registry/import-rows.ts';
import { parseRegistration } from '../../src/registry/registration-json.ts';
import { formatTemplate, parseTemplate } from '../../src/registry/template-json.ts';
import { type Fixture, newEnterprise, openFixture, WRITE } from './fixture.ts';

const CONFIG = new URL('../../config/', import.meta.url);
const FILES = readdirSync(new URL('templates/', CONFIG)).filter((name) => name.endsWith('.json'));

interface TemplateFile {
  readonly handle: string;
  readonly [member: string]: unknown;
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(new URL(path, CONFIG), 'utf8'));
}

function parseFile(file: string) {
  const { handle, ...content } = readJson(`templates/${file}`) as TemplateFile;
  return { handle, content, draft: parseTemplate(content, '') };
}

it('are there for furniture, kitchen and bath, lighting and small appliances', () => {
  expect(FILES).toEqual(['furniture.json', 'kitchen-and-bath.json', 'lighting.json', 'small-appliances.json']);
});

describe.each(FILES)('%s', (file) => {
  const { content, draft } = parseFile(file);

  it('is a template, in Chinese and English, and says nothing twice', () => {
    const { description, industry, name, elements } = formatTemplate(draft);
    expect({ name, description, industry, elements }).toEqual(content);
    for (const names of draft.elements.map((element) => element.name)) {
      expect(names.en).toMatch(/[A-Za-z]/);
      expect(names.zh).toMatch(/\p{Script=Han}/u);
    }
    const types = draft.elements.map(({ type }) => type);
    expect(types).toEqual([...new Set(types)]);
  });

  it('has what the national top node asks of every identifier (table 9), and its traces', () => {
    const kinds = new Map(draft.elements.map(({ type, kind }) => [type, kind]));
    const core = { CATEGORY: 'string', BRAND: 'string', PRODUCT_NAME: 'string', MANUFACTURER: 'string' };
    for (const [type, kind] of Object.entries({ ...core, PRODUCED_AT: 'date', EXPIRY: 'date' })) {
      expect(kinds.get(type), type).toBe(kind);
    }
    expect(
      draft.elements
        .filter(({ required }) => required)
        .map(({ type }) => type)
        .sort(),
    ).toEqual(Object.keys(core).sort());
    const searchable = draft.elements.filter((element) => element.searchable).map(({ type }) => type);
    expect(searchable).toEqual(expect.arrayContaining(['SKU', 'GTIN', 'BATCH', 'SERIAL']));
  });
});

it('say the same of an index, whichever file', () => {
  const said = new Map<number, string>();
  for (const { type, kind, index } of FILES.flatMap((file) => parseFile(file).draft.elements)) {
    expect(said.get(index) ?? `${type} ${kind}`).toBe(`${type} ${kind}`);
    said.set(index, `${type} ${kind}`);
  }
});

interface DemoEnterprise {
  readonly prefix: string;
  readonly imports: readonly { readonly file: string; readonly mapping?: string }[];
}

async function putAll(f: Fixture): Promise<void> {
  for (const { handle, draft } of FILES.map(parseFile)) {
    await f.templates.put(f.operator, { handle, draft, mode: 'create', ifMatch: null, idempotency: null });
  }
}

it('fit every product of the demo, each of which names one', async () => {
  const f = await openFixture();
  await putAll(f);
  await f.directory.createEnterprise(f.operator, newEnterprise({ prefix: '88.118.10003' }));
  for (const { imports } of readJson('demo/enterprises.json') as readonly DemoEnterprise[]) {
    for (const { file, mapping } of imports) {
      const format: ImportFormat =
        mapping === undefined
          ? { kind: 'ndjson' }
          : { kind: 'csv', mapping: parseMapping(readJson(`demo/${mapping}`)) };
      const registrations = [];
      for await (const row of readRows(createReadStream(new URL(`demo/${file}`, CONFIG)), format)) {
        if ('error' in row) throw row.error;
        registrations.push(parseRegistration(JSON.parse(row.json), '', { mode: 'upsert' }));
      }
      const { results } = await f.identifiers.register(f.operator, registrations, WRITE);
      expect(
        results.flatMap((result) => (result.ok ? [] : [result.error.message])),
        file,
      ).toEqual([]);
      for (const one of registrations)
        if (one.operation === 'put') expect(one.template, file).toMatch(/^88\.118\/META_/);
    }
  }
});

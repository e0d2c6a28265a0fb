// The mapping of CSV columns to registrations: read and checked once, then applied to every row. The format is described
// in config/demo/README.md.

import { HandleError } from '../domain/error.ts';
import { MAX_MAPPING_PARTS } from '../domain/import-limits.ts';
import {
  INDEX_RANGE,
  inputError,
  type JsonObject,
  readArray,
  readBoolean,
  readChoice,
  readInteger,
  readObject,
  readString,
} from '../wire/json-input.ts';
import { CELL_KINDS, type CellKind } from './import-cell-text.ts';
import { compileTemplate, fillTemplate, type TextTemplate } from './import-template.ts';

export interface MappedValue {
  readonly text: TextTemplate;
  readonly index: number;
  readonly type: string;
  readonly required: boolean;
  /** What its cells are; null for texts that must not look damaged. */
  readonly kind: CellKind | null;
  /** Members of the value's JSON that are the same in every row. */
  readonly constants: JsonObject;
}

export interface CsvMapping {
  readonly delimiter: string;
  readonly constants: ReadonlyMap<string, string>;
  readonly handle: TextTemplate;
  readonly parent: TextTemplate | null;
  readonly template: TextTemplate | null;
  readonly status: TextTemplate | null;
  /** What the cells of the status column mean. */
  readonly statuses: ReadonlyMap<string, 'reserved' | 'active'>;
  readonly values: readonly MappedValue[];
}

const CODE = 'INVALID_REQUEST';
const MEMBERS: ReadonlySet<string> = new Set([
  'delimiter',
  'constants',
  'handle',
  'parent',
  'template',
  'status',
  'statuses',
  'values',
]);
const VALUE_MEMBERS: ReadonlySet<string> = new Set([
  'column',
  'text',
  'index',
  'type',
  'required',
  'as',
  'permissions',
  'ttl',
]);
const DELIMITERS = [',', ';', '\t', '|'] as const;
const STATUSES = ['reserved', 'active'] as const;
const PERMISSIONS = /^[01]{4}$/;
const TTL_RANGE = { min: 0, max: 0x7fff_ffff };

/** Throws `INVALID_REQUEST` with the JSON pointer of what is wrong. */
export function parseMapping(input: unknown): CsvMapping {
  const mapping = readObject(input, '', MEMBERS, CODE);
  const handle = readTemplate(mapping.handle, '/handle');
  if (handle.names.length === 0) {
    throw inputError(
      '/handle',
      'Every row would get the same handle: name a column in braces, such as "{编号}".',
      CODE,
    );
  }
  const values = readArray(mapping.values, '/values', MAX_MAPPING_PARTS, CODE).map((one, i) =>
    parseMappedValue(one, `/values/${i}`),
  );
  const indexes = new Set<number>();
  values.forEach(({ index }, i) => {
    if (indexes.has(index))
      throw inputError(`/values/${i}/index`, `Index ${index} is used twice: choose another.`, CODE);
    indexes.add(index);
  });
  return {
    delimiter: readChoice(mapping.delimiter ?? ',', '/delimiter', DELIMITERS, CODE),
    constants: readWords(mapping.constants, '/constants', (word, at) => readString(word, at, CODE)),
    handle,
    parent: readOptionalTemplate(mapping.parent, '/parent'),
    template: readOptionalTemplate(mapping.template, '/template'),
    status: readOptionalTemplate(mapping.status, '/status'),
    statuses: readWords(mapping.statuses, '/statuses', (word, at) => readChoice(word, at, STATUSES, CODE)),
    values,
  };
}

function parseMappedValue(input: unknown, at: string): MappedValue {
  const value = readObject(input, at, VALUE_MEMBERS, CODE);
  const { column, text, permissions, ttl } = value;
  if ((column === undefined) === (text === undefined)) {
    throw inputError(
      at,
      'Say where this value comes from: either "column", a heading, or "text", such as "…/{编号}".',
      CODE,
    );
  }
  const type = readString(value.type, `${at}/type`, CODE);
  if (type === '') throw inputError(`${at}/type`, 'A type cannot be empty: name one, such as "PRODUCT_NAME".', CODE);
  if (permissions !== undefined && !(typeof permissions === 'string' && PERMISSIONS.test(permissions))) {
    throw inputError(`${at}/permissions`, 'Write four digits 0 or 1, such as "1100" for a private value.', CODE);
  }
  return {
    text:
      column === undefined
        ? readTemplate(text, `${at}/text`)
        : { literals: ['', ''], names: [readString(column, `${at}/column`, CODE).trim()] },
    index: readInteger(value.index, `${at}/index`, INDEX_RANGE, CODE),
    type,
    required: readBoolean(value.required ?? false, `${at}/required`, CODE),
    kind: value.as === undefined ? null : readChoice(value.as, `${at}/as`, CELL_KINDS, CODE),
    constants: {
      ...(permissions === undefined ? {} : { permissions }),
      ...(ttl === undefined ? {} : { ttl: readInteger(ttl, `${at}/ttl`, TTL_RANGE, CODE) }),
    },
  };
}

function readTemplate(input: unknown, at: string): TextTemplate {
  return compileTemplate(readString(input, at, CODE), at);
}

function readOptionalTemplate(input: unknown, at: string): TextTemplate | null {
  return input === undefined ? null : readTemplate(input, at);
}

/** An object of words; a Map, so that no word of the input can be mistaken for a member of the prototype. */
function readWords<Word>(input: unknown, at: string, read: (word: unknown, at: string) => Word): Map<string, Word> {
  if (input === undefined) return new Map();
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    throw inputError(at, 'Write an object of words here, such as {"prefix": "88.118.10023"}.', CODE);
  }
  const words = Object.entries(input);
  if (words.length > MAX_MAPPING_PARTS) throw inputError(at, `Give at most ${MAX_MAPPING_PARTS} words here.`, CODE);
  return new Map(words.map(([name, word]) => [name, read(word, `${at}/${name}`)]));
}

/** A row made into the JSON of a registration; `places[i]` is the heading (or text) that value i comes from. */
export interface MappedRow {
  readonly item: JsonObject & { readonly handle: string };
  readonly places: readonly string[];
}

/** `read` gives the text of a constant or column, trimmed. Throws `INVALID_REQUEST` with the column. */
export function mapRow(mapping: CsvMapping, read: (name: string, kind: CellKind | null) => string): MappedRow {
  const cellOf = (name: string): string => read(name, null);
  const handle = fillTemplate(mapping.handle, cellOf);
  if (handle === null) throw emptyCell(mapping.handle, cellOf, OF_HANDLE);
  const item: { [member: string]: unknown; readonly handle: string } = { handle };
  const parent = mapping.parent === null ? null : fillTemplate(mapping.parent, cellOf);
  if (parent !== null) item.parent = parent;
  const template = mapping.template === null ? null : fillTemplate(mapping.template, cellOf);
  if (template !== null) item.template = template;
  const status = mapping.status === null ? null : fillTemplate(mapping.status, cellOf);
  if (status !== null) item.status = mapping.statuses.get(status) ?? status;
  const values: JsonObject[] = [];
  const places: string[] = [];
  for (const value of mapping.values) {
    const ofKind = value.kind === null ? cellOf : (name: string): string => read(name, value.kind);
    const data = fillTemplate(value.text, ofKind);
    if (data !== null) {
      values.push({ index: value.index, type: value.type, data, ...value.constants });
      places.push(value.text.names[0] ?? value.type);
    } else if (value.required) throw emptyCell(value.text, ofKind, REQUIRED);
  }
  item.values = values;
  return { item, places };
}

const OF_HANDLE = { en: 'it is a part of the handle', zh: '它是标识的一部分' };
const REQUIRED = { en: 'the mapping says it is required', zh: '映射规定必填' };

function emptyCell(template: TextTemplate, cellOf: (name: string) => string, why: typeof REQUIRED): HandleError {
  const at = `column ${template.names.find((one) => cellOf(one) === '') ?? ''}`;
  const zh = `单元格为空，而${why.zh}：请填写。`;
  return new HandleError('INVALID_REQUEST', `The cell is empty, and ${why.en}: fill it in.`, { at, zh });
}

/** Every heading the mapping needs. */
export function headingsOf(mapping: CsvMapping): ReadonlySet<string> {
  const { handle, parent, template, status, values, constants } = mapping;
  const templates = [handle, parent, template, status, ...values.map(({ text }) => text)];
  return new Set(templates.flatMap((one) => one?.names ?? []).filter((name) => !constants.has(name)));
}

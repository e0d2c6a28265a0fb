// One element of a template as JSON, read member by member and written in the same form: what is not said is at its
// default. Pure but for the check of patterns.

import {
  MAX_ELEMENT_CHOICES,
  MAX_NAME_LENGTH,
  MAX_PATTERN_TEXT_LENGTH,
  MAX_TYPE_LENGTH,
  MAX_VALUE_BYTES,
} from '../domain/limits.ts';
import {
  ELEMENT_KINDS,
  type ElementChoice,
  type ElementKind,
  FIRST_ELEMENT_INDEX,
  type LocalName,
  type TemplateElement,
} from '../domain/template.ts';
import {
  inputError,
  type JsonObject,
  readArray,
  readBoolean,
  readChoice,
  readInteger,
  readObject,
  readString,
  shown,
} from '../wire/json-input.ts';
import { compilePattern } from './template-patterns.ts';

const CODE = 'INVALID_REQUEST';
const COMMON = ['index', 'type', 'kind', 'name', 'required', 'searchable', 'disabled'];
/** What more an element of a kind may say. */
const RULES = {
  string: ['minLength', 'maxLength', 'pattern'],
  number: ['minimum', 'maximum', 'decimals', 'unit'],
  date: [],
  enumeration: ['choices'],
  url: ['maxLength'],
  file: ['maxLength', 'fileTypes'],
  handle: [],
} as const satisfies Record<ElementKind, readonly string[]>;

const MEMBERS = new Map(ELEMENT_KINDS.map((kind) => [kind, new Set([...COMMON, ...RULES[kind]])]));

const INDEXES = { min: FIRST_ELEMENT_INDEX, max: 0x7fff_ffff };
const LENGTHS = { min: 0, max: MAX_VALUE_BYTES };
const DECIMALS = { min: 0, max: 10 };
const MAX_UNIT_LENGTH = 20;
const MAX_CHOICE_LENGTH = 200;
const FILE_TYPE = /^[a-z0-9]{1,10}$/;
const UNFIT_TYPE = /[\x00-\x1f\x7f-\x9f]|^\s|\s$|\.$|^HS_/i;

/** Throws `INVALID_REQUEST` with the JSON pointer of what is wrong. */
export function parseElement(input: unknown, at: string): TemplateElement {
  const kind = readChoice(readObject(input, at, null, CODE).kind, `${at}/kind`, ELEMENT_KINDS, CODE);
  const given = readObject(input, at, MEMBERS.get(kind) ?? null, CODE);
  const element: TemplateElement = {
    index: readInteger(given.index, `${at}/index`, INDEXES, CODE),
    type: readType(given.type, `${at}/type`),
    kind,
    name: readLocalName(given.name, `${at}/name`),
    required: readFlag(given, 'required', at),
    searchable: readFlag(given, 'searchable', at),
    disabled: readFlag(given, 'disabled', at),
    minLength: readLength(given, 'minLength', at),
    maxLength: readLength(given, 'maxLength', at),
    pattern: readPattern(given.pattern, `${at}/pattern`),
    minimum: readNumber(given, 'minimum', at),
    maximum: readNumber(given, 'maximum', at),
    decimals: isUnsaid(given.decimals) ? null : readInteger(given.decimals, `${at}/decimals`, DECIMALS, CODE),
    unit: isUnsaid(given.unit) ? null : readLine(given.unit, `${at}/unit`, MAX_UNIT_LENGTH),
    choices: kind === 'enumeration' ? readChoices(given.choices, `${at}/choices`) : [],
    fileTypes: isUnsaid(given.fileTypes) ? [] : readFileTypes(given.fileTypes, `${at}/fileTypes`),
  };
  assertConsistent(element, at);
  return element;
}

/** The form that `parseElement` reads, without what is at its default. */
export function formatElement(element: TemplateElement): JsonObject {
  const { index, type, kind, name } = element;
  const flags = (['required', 'searchable', 'disabled'] as const).filter((flag) => element[flag]);
  const rules = RULES[kind].filter((rule) => {
    const value = element[rule];
    return Array.isArray(value) ? value.length > 0 : value !== null;
  });
  return {
    index,
    type,
    kind,
    name,
    ...Object.fromEntries(flags.map((flag) => [flag, true])),
    ...Object.fromEntries(rules.map((rule) => [rule, element[rule]])),
  };
}

export function readLocalName(input: unknown, at: string): LocalName {
  const given = readObject(input, at, new Set(['zh', 'en']), CODE);
  return {
    zh: readLine(given.zh, `${at}/zh`, MAX_NAME_LENGTH),
    en: readLine(given.en, `${at}/en`, MAX_NAME_LENGTH),
  };
}

const CONTROL = /[\x00-\x1f\x7f-\x9f]/;

function readLine(input: unknown, at: string, limit: number): string {
  const text = readString(input, at, CODE);
  if (text.trim() !== '' && text.length <= limit && !CONTROL.test(text)) return text;
  throw inputError(at, `Write one line of 1 to ${limit} characters here.`, CODE);
}

/** As a member that is null, so that what was read can be sent back. */
function isUnsaid(input: unknown): boolean {
  return input === undefined || input === null;
}

function readType(input: unknown, at: string): string {
  const type = readLine(input, at, MAX_TYPE_LENGTH);
  if (!UNFIT_TYPE.test(type)) return type;
  throw inputError(
    at,
    `${shown(type)} cannot be a type here: no HS_ types, no "." at its end, no spaces around it.`,
    CODE,
  );
}

function readFlag(given: JsonObject, flag: string, at: string): boolean {
  return given[flag] === undefined ? false : readBoolean(given[flag], `${at}/${flag}`, CODE);
}

function readLength(given: JsonObject, member: string, at: string): number | null {
  return isUnsaid(given[member]) ? null : readInteger(given[member], `${at}/${member}`, LENGTHS, CODE);
}

function readNumber(given: JsonObject, member: string, at: string): number | null {
  const input = given[member];
  if (isUnsaid(input)) return null;
  if (typeof input === 'number' && Number.isFinite(input)) return input;
  throw inputError(`${at}/${member}`, 'Write a number here.', CODE);
}

function readPattern(input: unknown, at: string): string | null {
  if (isUnsaid(input)) return null;
  const pattern = readString(input, at, CODE);
  compilePattern(pattern, at);
  return pattern;
}

function readChoices(input: unknown, at: string): readonly ElementChoice[] {
  const choices = readArray(input, at, MAX_ELEMENT_CHOICES, CODE).map((one, i): ElementChoice => {
    const given = readObject(one, `${at}/${i}`, new Set(['value', 'name']), CODE);
    return {
      value: readLine(given.value, `${at}/${i}/value`, MAX_CHOICE_LENGTH),
      name: readLocalName(given.name, `${at}/${i}/name`),
    };
  });
  if (choices.length === 0) throw inputError(at, 'An enumeration has at least one choice: give one.', CODE);
  assertOnceEach(
    choices.map(({ value }) => value),
    at,
  );
  return choices;
}

function readFileTypes(input: unknown, at: string): readonly string[] {
  const types = readArray(input, at, MAX_ELEMENT_CHOICES, CODE).map((one, i) => {
    const type = readString(one, `${at}/${i}`, CODE);
    if (FILE_TYPE.test(type)) return type;
    throw inputError(
      `${at}/${i}`,
      'Write the ending of file names in lower case, without the dot, such as "pdf".',
      CODE,
    );
  });
  assertOnceEach(types, at);
  return types;
}

function assertOnceEach(texts: readonly string[], at: string): void {
  const twice = texts.find((text, i) => texts.indexOf(text) !== i);
  if (twice !== undefined) throw inputError(at, `${shown(twice)} is given twice: leave one out.`, CODE);
}

function assertConsistent(element: TemplateElement, at: string): void {
  const { minLength, maxLength, minimum, maximum, pattern } = element;
  if (minLength !== null && maxLength !== null && minLength > maxLength) {
    throw inputError(`${at}/minLength`, 'The least length is above the greatest: nothing would fit.', CODE);
  }
  if (minimum !== null && maximum !== null && minimum > maximum) {
    throw inputError(`${at}/minimum`, 'The minimum is above the maximum: nothing would fit.', CODE);
  }
  if (pattern !== null && (maxLength ?? MAX_PATTERN_TEXT_LENGTH) > MAX_PATTERN_TEXT_LENGTH) {
    throw inputError(`${at}/maxLength`, `With a pattern, at most ${MAX_PATTERN_TEXT_LENGTH} characters.`, CODE);
  }
}

// A template as JSON: what a person writes, what the interface answers, and what an export carries.

import { utf8Length } from '../domain/bytes.ts';
import { MAX_TEMPLATE_BYTES, MAX_TEMPLATE_ELEMENTS } from '../domain/limits.ts';
import type { TemplateDraft, TemplateElement } from '../domain/template.ts';
import {
  inputError,
  type JsonObject,
  readArray,
  readBoolean,
  readChoice,
  readObject,
  readString,
} from '../wire/json-input.ts';
import { formatElement, parseElement, readLocalName } from './template-element-json.ts';

const CODE = 'INVALID_REQUEST';
export const TEMPLATE_MEMBERS = ['name', 'description', 'industry', 'carrier', 'isOpen', 'elements'] as const;
const MEMBERS: ReadonlySet<string> = new Set(TEMPLATE_MEMBERS);
const INDUSTRY = /^[A-T](\d{2,4})?$/;

/** Throws `INVALID_REQUEST` with the JSON pointer of what is wrong. */
export function parseTemplate(input: unknown, at: string): TemplateDraft {
  const given = readObject(input, at, MEMBERS, CODE);
  const draft: TemplateDraft = {
    name: readLocalName(given.name, `${at}/name`),
    description: isUnsaid(given.description) ? null : readLocalName(given.description, `${at}/description`),
    industry: isUnsaid(given.industry) ? null : readIndustry(given.industry, `${at}/industry`),
    carrier:
      given.carrier === undefined
        ? 'passive'
        : readChoice(given.carrier, `${at}/carrier`, ['passive', 'active'] as const, CODE),
    isOpen: given.isOpen === undefined ? false : readBoolean(given.isOpen, `${at}/isOpen`, CODE),
    elements: readElements(given.elements, `${at}/elements`),
  };
  if (utf8Length(JSON.stringify(draft)) > MAX_TEMPLATE_BYTES) {
    throw inputError(
      at,
      `A template takes at most ${MAX_TEMPLATE_BYTES} bytes: divide it, or shorten its lists.`,
      CODE,
    );
  }
  return draft;
}

/** The form that `parseTemplate` reads. */
export function formatTemplate(template: TemplateDraft): JsonObject {
  const { name, description, industry, carrier, isOpen } = template;
  return { name, description, industry, carrier, isOpen, elements: template.elements.map(formatElement) };
}

function isUnsaid(input: unknown): boolean {
  return input === undefined || input === null;
}

function readIndustry(input: unknown, at: string): string {
  const code = readString(input, at, CODE);
  if (INDUSTRY.test(code)) return code;
  throw inputError(at, 'Write a code of GB/T 4754: a section, or section and digits, such as "C" or "C2110".', CODE);
}

function readElements(input: unknown, at: string): readonly TemplateElement[] {
  const elements = readArray(input, at, MAX_TEMPLATE_ELEMENTS, CODE).map((one, i) => parseElement(one, `${at}/${i}`));
  if (elements.length === 0) throw inputError(at, 'A template has at least one element: give one.', CODE);
  const seen = new Set<number>();
  for (const [i, { index }] of elements.entries()) {
    if (seen.has(index))
      throw inputError(`${at}/${i}/index`, `Index ${index} is given twice: each element needs its own.`, CODE);
    seen.add(index);
  }
  return elements;
}

// What a text must be like to fit an element of a template: one check for each kind, made once for many values. Pure.

import { isHandleError } from '../domain/error.ts';
import { parseHandle } from '../domain/handle.ts';
import { MAX_PATTERN_TEXT_LENGTH } from '../domain/limits.ts';
import type { ElementKind, TemplateElement } from '../domain/template.ts';
import { parseInstant } from '../wire/instant-text.ts';
import { shown } from '../wire/json-input.ts';
import { compilePattern } from './template-patterns.ts';

/** Null if the text fits, else what is wrong and how to mend it, without a full stop. */
export type TextCheck = (text: string) => string | null;

const NUMBER = /^-?(0|[1-9]\d{0,14})(\.(\d{1,10}))?$/;
/** A day, a time of it, and perhaps the zone of that; factories write the time of their clocks. */
const DATE = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(:\d{2}(?:\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})?)?$/;
const WEB_ADDRESS = /^https?:\/\/[^\s\x00-\x20]+$/i;
/** Choices that a refusal names. */
const MAX_CHOICES_TOLD = 10;

export function checkFor(element: TemplateElement): TextCheck {
  return CHECKS[element.kind](element);
}

const CHECKS: Readonly<Record<ElementKind, (element: TemplateElement) => TextCheck>> = {
  string: checkString,
  number: checkNumber,
  date: () => checkDate,
  enumeration: checkChoice,
  url: ({ maxLength }) => all(checkLength(null, maxLength), checkAddress),
  file: checkFile,
  handle: () => checkHandle,
};

function checkString({ minLength, maxLength, pattern }: TemplateElement): TextCheck {
  if (pattern === null) return checkLength(minLength, maxLength);
  const matches = compilePattern(pattern, '');
  return all(checkLength(minLength, maxLength ?? MAX_PATTERN_TEXT_LENGTH), (text) =>
    matches(text) ? null : `${shown(text)} does not match the pattern ${pattern}`,
  );
}

function checkLength(least: number | null, most: number | null): TextCheck {
  return (text) => {
    // A text has no more characters than UTF-16 units, and at least half as many.
    if (least !== null && (text.length < least || (text.length < 2 * least && charactersOf(text) < least))) {
      return `${shown(text)} is shorter than ${least} characters`;
    }
    if (most === null || text.length <= most || charactersOf(text) <= most) return null;
    return `it has ${charactersOf(text)} characters, at most ${most} fit: shorten it`;
  };
}

function charactersOf(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

function checkNumber({ minimum, maximum, decimals, unit }: TemplateElement): TextCheck {
  const without = unit === null ? '' : `, without the unit (${unit})`;
  return (text) => {
    const fraction = NUMBER.exec(text)?.[3];
    if (!NUMBER.test(text)) return `${shown(text)} is not a number: write one such as 12 or 0.5${without}`;
    if (decimals !== null && (fraction?.length ?? 0) > decimals) {
      return decimals === 0 ? `${text} is not a whole number` : `${text} has more than ${decimals} decimals`;
    }
    if (minimum !== null && Number(text) < minimum) return `${text} is below the minimum, ${minimum}`;
    return maximum !== null && Number(text) > maximum ? `${text} is above the maximum, ${maximum}` : null;
  };
}

function checkDate(text: string): string | null {
  const [, day, minute = '00:00', second = ':00', zone = 'Z'] = DATE.exec(text) ?? [];
  if (day !== undefined && parseInstant(`${day}T${minute}${second}${zone}`) !== null) return null;
  return `${shown(text)} is not a date: write one such as 2026-01-31, 2026-01-31 08:00 or 2026-01-31T08:00:00+08:00`;
}

function checkChoice({ choices }: TemplateElement): TextCheck {
  const values = new Set(choices.map(({ value }) => value));
  const told = [...values].slice(0, MAX_CHOICES_TOLD).map((value) => shown(value));
  const more = values.size > told.length ? ` or ${values.size - told.length} more` : '';
  return (text) => (values.has(text) ? null : `${shown(text)} is none of its choices: use ${told.join(', ')}${more}`);
}

function checkAddress(text: string): string | null {
  if (WEB_ADDRESS.test(text) && URL.canParse(text)) return null;
  return `${shown(text)} is not a web address: write one that begins with https://`;
}

function checkFile({ maxLength, fileTypes }: TemplateElement): TextCheck {
  return all(checkLength(null, maxLength), checkAddress, (text) => {
    if (fileTypes.length === 0) return null;
    const ending = /\.([^./]+)$/.exec(new URL(text).pathname)?.[1]?.toLowerCase();
    if (ending !== undefined && fileTypes.includes(ending)) return null;
    return `${shown(text)} does not lead to a file of its types: use ${fileTypes.join(', ')}`;
  });
}

function checkHandle(text: string): string | null {
  try {
    parseHandle(text, () => false);
    return null;
  } catch (cause) {
    if (!isHandleError(cause)) throw cause;
    return cause.message.replace(/\.$/, '');
  }
}

function all(...checks: readonly TextCheck[]): TextCheck {
  return (text) => {
    for (const check of checks) {
      const objection = check(text);
      if (objection !== null) return objection;
    }
    return null;
  };
}

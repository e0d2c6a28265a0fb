// What a text must be like to fit an element of a template: one check for each kind, made once for many values. Pure.

import { isHandleError, type Saying } from '../domain/error.ts';
import { parseHandle } from '../domain/handle.ts';
import { MAX_PATTERN_TEXT_LENGTH } from '../domain/limits.ts';
import type { ElementKind, TemplateElement } from '../domain/template.ts';
import { parseInstant } from '../wire/instant-text.ts';
import { shown } from '../wire/json-input.ts';
import { compilePattern } from './template-patterns.ts';

/** Null if the text fits, else what is wrong and how to mend it, without a full stop. */
export type TextCheck = (text: string) => Saying | null;

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
    matches(text)
      ? null
      : {
          en: `${shown(text)} does not match the pattern ${pattern}: write it as that asks`,
          zh: `${shown(text)} 不符合格式 ${pattern}：请按格式填写`,
        },
  );
}

function checkLength(least: number | null, most: number | null): TextCheck {
  return (text) => {
    // A text has no more characters than UTF-16 units, and at least half as many.
    if (least !== null && (text.length < least || (text.length < 2 * least && charactersOf(text) < least))) {
      return {
        en: `${shown(text)} is shorter than ${least} characters: complete it`,
        zh: `${shown(text)} 不足 ${least} 个字符：请补全`,
      };
    }
    if (most === null || text.length <= most || charactersOf(text) <= most) return null;
    const length = charactersOf(text);
    return {
      en: `it has ${length} characters, at most ${most} fit: shorten it`,
      zh: `有 ${length} 个字符，最多 ${most} 个：请缩短`,
    };
  };
}

function charactersOf(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

function checkNumber({ minimum, maximum, decimals, unit }: TemplateElement): TextCheck {
  const without: Saying =
    unit === null ? { en: '', zh: '' } : { en: `, without the unit (${unit})`, zh: `，不带单位（${unit}）` };
  return (text) => {
    const fraction = NUMBER.exec(text)?.[3];
    if (!NUMBER.test(text)) {
      return {
        en: `${shown(text)} is not a number: write one such as 12 or 0.5${without.en}`,
        zh: `${shown(text)} 不是数字：请填写如 12 或 0.5 的数字${without.zh}`,
      };
    }
    if (decimals !== null && (fraction?.length ?? 0) > decimals) return tooFine(text, decimals);
    if (minimum !== null && Number(text) < minimum) {
      return {
        en: `${text} is below the minimum, ${minimum}: check it`,
        zh: `${text} 小于最小值 ${minimum}：请核对`,
      };
    }
    if (maximum === null || Number(text) <= maximum) return null;
    return { en: `${text} is above the maximum, ${maximum}: check it`, zh: `${text} 大于最大值 ${maximum}：请核对` };
  };
}

function tooFine(text: string, decimals: number): Saying {
  if (decimals === 0) return { en: `${text} is not a whole number: round it`, zh: `${text} 不是整数：请取整` };
  return {
    en: `${text} has more than ${decimals} decimals: round it`,
    zh: `${text} 的小数超过 ${decimals} 位：请四舍五入`,
  };
}

function checkDate(text: string): Saying | null {
  const [, day, minute = '00:00', second = ':00', zone = 'Z'] = DATE.exec(text) ?? [];
  if (day !== undefined && parseInstant(`${day}T${minute}${second}${zone}`) !== null) return null;
  const examples = ['2026-01-31', '2026-01-31 08:00', '2026-01-31T08:00:00+08:00'] as const;
  return {
    en: `${shown(text)} is not a date: write one such as ${examples[0]}, ${examples[1]} or ${examples[2]}`,
    zh: `${shown(text)} 不是日期：请填写如 ${examples.join('、')} 的日期`,
  };
}

function checkChoice({ choices }: TemplateElement): TextCheck {
  const values = new Set(choices.map(({ value }) => value));
  const told = [...values].slice(0, MAX_CHOICES_TOLD).map((value) => shown(value));
  const more = values.size - told.length;
  const use: Saying = {
    en: `use ${told.join(', ')}${more > 0 ? ` or ${more} more` : ''}`,
    zh: `请用 ${told.join('、')}${more > 0 ? ` 等 ${values.size} 项之一` : ''}`,
  };
  return (text) => {
    if (values.has(text)) return null;
    return { en: `${shown(text)} is none of its choices: ${use.en}`, zh: `${shown(text)} 不在可选项中：${use.zh}` };
  };
}

function checkAddress(text: string): Saying | null {
  if (WEB_ADDRESS.test(text) && URL.canParse(text)) return null;
  return {
    en: `${shown(text)} is not a web address: write one that begins with https://`,
    zh: `${shown(text)} 不是网址：请填写以 https:// 开头的网址`,
  };
}

function checkFile({ maxLength, fileTypes }: TemplateElement): TextCheck {
  return all(checkLength(null, maxLength), checkAddress, (text) => {
    if (fileTypes.length === 0) return null;
    const ending = /\.([^./]+)$/.exec(new URL(text).pathname)?.[1]?.toLowerCase();
    if (ending !== undefined && fileTypes.includes(ending)) return null;
    return {
      en: `${shown(text)} does not lead to a file of its types: use ${fileTypes.join(', ')}`,
      zh: `${shown(text)} 不是规定类型的文件：请用 ${fileTypes.join('、')}`,
    };
  });
}

function checkHandle(text: string): Saying | null {
  try {
    parseHandle(text, () => false);
    return null;
  } catch (cause) {
    if (!isHandleError(cause)) throw cause;
    const en = cause.message.replace(/\.$/, '');
    return { en, zh: cause.zh?.replace(/。$/, '') ?? en };
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

// Whether a record fits its template: a template is compiled once and then held against many records. What stands already
// is not judged again, so a stricter version never keeps old records from being changed. Pure.

import { type ByteString, bytesFromText, textFromBytes } from '../domain/bytes.ts';
import { HandleError, type Saying } from '../domain/error.ts';
import type { HandleRecord, RecordDraft } from '../domain/handle-record.ts';
import type { HandleValue } from '../domain/handle-value.ts';
import { MAX_MISMATCHES_TOLD } from '../domain/limits.ts';
import { FIRST_ELEMENT_INDEX, type Template, type TemplateElement } from '../domain/template.ts';
import { checkFor, type TextCheck } from './template-checks.ts';

interface CompiledElement {
  readonly element: TemplateElement;
  /** Upper case: types compare without ASCII case. */
  readonly type: ByteString;
  readonly check: TextCheck;
}

export interface CompiledTemplate {
  readonly template: Template;
  readonly elements: ReadonlyMap<number, CompiledElement>;
  readonly required: readonly TemplateElement[];
  /** Whether records can be found by any element. */
  readonly isSearchable: boolean;
}

export function compileTemplate(template: Template): CompiledTemplate {
  const elements = template.elements.map(
    (element): CompiledElement => ({ element, type: upperCase(bytesFromText(element.type)), check: checkFor(element) }),
  );
  return {
    template,
    elements: new Map(elements.map((one) => [one.element.index, one])),
    required: template.elements.filter(({ required, disabled }) => required && !disabled),
    isSearchable: template.elements.some(({ searchable }) => searchable),
  };
}

/** Indexes of values that a record can be found by; undefined if there are none. */
export function searchableIn(
  compiled: CompiledTemplate | null,
  values: readonly HandleValue[],
): readonly number[] | undefined {
  if (compiled?.isSearchable !== true) return undefined;
  const found = values.filter(({ index }) => compiled.elements.get(index)?.element.searchable === true);
  return found.length === 0 ? undefined : found.map(({ index }) => index);
}

/** What is wrong, and where in the registration. */
export interface Mismatch {
  readonly at: string;
  /** Without a full stop. */
  readonly said: Saying;
}

/** What is wrong with values whose text is new or changed. `standing`: the record as it is, if it has the same template. */
export function judgeValues(
  compiled: CompiledTemplate,
  values: readonly HandleValue[],
  standing: HandleRecord | null,
): readonly Mismatch[] {
  let found: Mismatch[] | null = null;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as HandleValue;
    if (value.index < FIRST_ELEMENT_INDEX) continue;
    const mismatch = judgeValue(compiled, value, i);
    if (mismatch === null || stands(standing, value)) continue;
    found ??= [];
    found.push(mismatch);
  }
  return found ?? NOTHING;
}

const NOTHING: readonly Mismatch[] = [];

/**
 * Required elements that a draft lacks by itself. A reserved record may lack any, and a record that stands goes on
 * lacking what it lacked, as long as its template and parent stay.
 */
export function missingElements(
  { required }: CompiledTemplate,
  draft: RecordDraft,
  standing: HandleRecord | null,
): readonly TemplateElement[] {
  if (draft.status !== 'active' || required.length === 0) return [];
  const missing = required.filter(({ index }) => !has(draft.values, index));
  if (missing.length === 0 || standing?.status !== 'active' || standing.parent !== draft.parent) return missing;
  return missing.filter(({ index }) => has(standing.values, index));
}

/** Without those that an ancestor has. */
export function stillMissing(missing: readonly TemplateElement[], ancestor: HandleRecord): readonly TemplateElement[] {
  return missing.filter(({ index }) => !has(ancestor.values, index));
}

/** Throws `INVALID_VALUE` that names the elements, if anything is wrong. */
export function assertFits(
  { template }: CompiledTemplate,
  mismatches: readonly Mismatch[],
  missing: readonly TemplateElement[],
): void {
  const all = [
    ...mismatches,
    ...missing.map((element) => ({ at: '/values', said: ofElement(element, ' is missing: add it', '缺少：请补上') })),
  ];
  const [first] = all;
  if (first === undefined) return;
  const told = all.slice(0, MAX_MISMATCHES_TOLD).map(({ said }) => said);
  const left = all.length - told.length;
  const en = told.map((said) => said.en).join('; ') + (left > 0 ? `; and ${left} more` : '');
  const zh = told.map((said) => said.zh).join('；') + (left > 0 ? `；另有 ${left} 处` : '');
  const { handle, revision } = template;
  throw new HandleError('INVALID_VALUE', `This does not fit template ${handle} (version ${revision}): ${en}.`, {
    at: first.at,
    zh: `不符合模板 ${handle}（版本 ${revision}）：${zh}。`,
  });
}

/** Of the handle system, whatever the index. */
const SYSTEM_TYPE = /^HS_/i;

function judgeValue({ template, elements }: CompiledTemplate, value: HandleValue, i: number): Mismatch | null {
  const known = elements.get(value.index);
  if (known === undefined) {
    if (template.isOpen || SYSTEM_TYPE.test(value.type)) return null;
    const what = `${value.index} (${textFromBytes(value.type)})`;
    return {
      at: `/values/${i}/index`,
      said: {
        en: `index ${what} is none of its elements: leave it out, or put a version of the template that has it`,
        zh: `索引 ${what} 不是它的元素：请去掉，或在模板的新版本中加上`,
      },
    };
  }
  const { element, type, check } = known;
  if (element.disabled) {
    const en = ' is disabled and takes no new values: leave it out';
    return { at: `/values/${i}`, said: ofElement(element, en, '已停用，不再接受新值：请去掉') };
  }
  if (value.type !== type && upperCase(value.type) !== type) {
    const [should, is] = [element.type, textFromBytes(value.type)];
    const en = ` has type ${should}, not ${is}: mend the type or the index`;
    return {
      at: `/values/${i}/type`,
      said: ofElement(element, en, `的类型是 ${should}，不是 ${is}：请改正类型或索引`),
    };
  }
  const objection = value.data.length === 0 && element.required ? EMPTY : judgeText(value, check);
  if (objection === null) return null;
  return { at: `/values/${i}/data`, said: ofElement(element, `: ${objection.en}`, `：${objection.zh}`) };
}

const EMPTY: Saying = { en: 'it is empty: fill it in', zh: '为空：请填写' };
const NO_TEXT: Saying = { en: 'it is no text: write text', zh: '不是文本：请填写文本' };

function judgeText(value: HandleValue, check: TextCheck): Saying | null {
  return value.dataForm === 'binary' ? NO_TEXT : check(textFromBytes(value.data));
}

function stands(standing: HandleRecord | null, value: HandleValue): boolean {
  const { index, type, data } = value;
  return standing?.values.some((other) => other.index === index && other.type === type && other.data === data) ?? false;
}

function has(values: readonly HandleValue[], index: number): boolean {
  return values.some((value) => value.index === index && value.data.length > 0);
}

/** Both languages name the element by both its names. */
function ofElement({ index, name }: TemplateElement, en: string, zh: string): Saying {
  const names = `${index} (${name.zh} / ${name.en})`;
  return { en: `element ${names}${en}`, zh: `元素 ${names}${zh}` };
}

function upperCase(type: ByteString): ByteString {
  return type.replace(/[a-z]+/g, (letters) => letters.toUpperCase()) as ByteString;
}

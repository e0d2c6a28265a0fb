// JSON text in, parsed JSON out; what is no JSON is refused with the line and column where it breaks.

import { HandleError, type Saying } from '../domain/error.ts';

/** Throws `INVALID_REQUEST` with `at` as `line 1, column 7`. */
export function parseJsonText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const fault = findFault(text);
    const before = text.slice(0, fault.offset);
    const line = before.split('\n').length;
    const column = fault.offset - before.lastIndexOf('\n');
    throw new HandleError('INVALID_REQUEST', `This is no JSON: ${fault.expected.en}.`, {
      at: `line ${line}, column ${column}`,
      zh: `不是有效的 JSON：${fault.expected.zh}。`,
      cause,
    });
  }
}

interface Fault {
  /** In UTF-16 units, as editors count. */
  readonly offset: number;
  readonly expected: Saying;
}

const SPACE = /[ \t\r\n]*/y;
const STRING = /"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4}))*"/y;
const SCALAR = /(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.])/y;

/** What may come next: a value, a member or the end of its object, a colon, a comma or the end. */
type Expected = 'value' | 'value or ]' | 'member' | 'member or }' | 'colon' | 'comma';

/** Walks the text by the grammar (RFC 8259 §2) up to the first thing that cannot stand where it stands. */
function findFault(text: string): Fault {
  const open: ('{' | '[')[] = [];
  let expected: Expected = 'value';
  let offset = 0;
  for (;;) {
    offset += matchAt(SPACE, text, offset);
    const character = text[offset];
    const innermost = open.at(-1);
    if (character === undefined) return { offset, expected: ENDS_EARLY };
    let length = 1;
    if (expected === 'colon') {
      if (character !== ':') return { offset, expected: WRITE_COLON };
      expected = 'value';
    } else if (expected === 'comma' && innermost === undefined) {
      return { offset, expected: IS_OVER };
    } else if (expected === 'comma' && character === ',') {
      expected = innermost === '{' ? 'member' : 'value';
    } else if (expected !== 'value' && expected !== 'member' && character === (innermost === '{' ? '}' : ']')) {
      open.pop();
      expected = 'comma';
    } else if (expected === 'comma') {
      const end = innermost === '{' ? '}' : ']';
      return { offset, expected: { en: `write a comma or ${end} here`, zh: `请在此写逗号或 ${end}` } };
    } else if (expected === 'member' || expected === 'member or }') {
      length = matchAt(STRING, text, offset);
      if (length === 0) return { offset, expected: WRITE_NAME };
      expected = 'colon';
    } else if (character === '{' || character === '[') {
      open.push(character);
      expected = character === '{' ? 'member or }' : 'value or ]';
    } else {
      length = matchAt(character === '"' ? STRING : SCALAR, text, offset);
      if (length === 0) return { offset, expected: faultOfValue(character) };
      expected = 'comma';
    }
    offset += length;
  }
}

function faultOfValue(character: string): Saying {
  return character === '"' ? BROKEN_STRING : WRITE_VALUE;
}

const ENDS_EARLY: Saying = { en: 'it ends too early', zh: '提前结束，请补全' };
const WRITE_COLON: Saying = { en: 'write a colon here', zh: '请在此写冒号' };
const IS_OVER: Saying = { en: 'it is over here, remove the rest', zh: '到此已结束，请删除其余部分' };
const WRITE_NAME: Saying = { en: 'write a member name in double quotes here', zh: '请在此写双引号括起的成员名' };
const BROKEN_STRING: Saying = {
  en: 'this string is not closed, or has a line break, control character or wrong escape in it',
  zh: '该字符串未闭合，或含有换行、控制字符或错误的转义，请改正',
};
const WRITE_VALUE: Saying = {
  en: 'write a value here: a string in double quotes, a number, true, false, null, an array or an object',
  zh: '请在此写一个值：双引号括起的字符串、数字、true、false、null、数组或对象',
};

function matchAt(pattern: RegExp, text: string, offset: number): number {
  pattern.lastIndex = offset;
  return pattern.exec(text)?.[0].length ?? 0;
}

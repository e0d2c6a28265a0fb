// JSON text in, parsed JSON out; what is no JSON is refused with the line and column where it breaks.

import { HandleError } from '../domain/error.ts';

/** Throws `INVALID_REQUEST` with `at` as `line 1, column 7`. */
export function parseJsonText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const fault = findFault(text);
    const before = text.slice(0, fault.offset);
    const line = before.split('\n').length;
    const column = fault.offset - before.lastIndexOf('\n');
    throw new HandleError('INVALID_REQUEST', `This is no JSON: ${fault.expected}.`, {
      at: `line ${line}, column ${column}`,
      cause,
    });
  }
}

interface Fault {
  /** In UTF-16 units, as editors count. */
  readonly offset: number;
  readonly expected: string;
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
    if (character === undefined) return { offset, expected: 'it ends too early' };
    let length = 1;
    if (expected === 'colon') {
      if (character !== ':') return { offset, expected: 'write a colon here' };
      expected = 'value';
    } else if (expected === 'comma' && innermost === undefined) {
      return { offset, expected: 'it is over here, remove the rest' };
    } else if (expected === 'comma' && character === ',') {
      expected = innermost === '{' ? 'member' : 'value';
    } else if (expected !== 'value' && expected !== 'member' && character === (innermost === '{' ? '}' : ']')) {
      open.pop();
      expected = 'comma';
    } else if (expected === 'comma') {
      return { offset, expected: `write a comma or ${innermost === '{' ? '}' : ']'} here` };
    } else if (expected === 'member' || expected === 'member or }') {
      length = matchAt(STRING, text, offset);
      if (length === 0) return { offset, expected: 'write a member name in double quotes here' };
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

function faultOfValue(character: string): string {
  return character === '"'
    ? 'this string is not closed, or has a line break, control character or wrong escape in it'
    : 'write a value here: a string in double quotes, a number, true, false, null, an array or an object';
}

function matchAt(pattern: RegExp, text: string, offset: number): number {
  pattern.lastIndex = offset;
  return pattern.exec(text)?.[0].length ?? 0;
}

// Where a text stops being JSON (RFC 8259), for messages: the engine's own errors name no place for most mistakes. Runs
// only on texts that did not parse.

const SPACE = /[ \t\n\r]*/y;
const TOKEN =
  /[{}[\],:]|"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;

type Expected = 'value' | 'value or ]' | 'key' | 'key or }' | ':' | ', or }' | ', or ]' | 'the end';

/** What may follow, as a message says it. */
const WORDS = {
  value: 'a value',
  'value or ]': 'a value or "]"',
  key: 'a member name in double quotes',
  'key or }': 'a member name in double quotes or "}"',
  ':': '":"',
  ', or }': '"," or "}"',
  ', or ]': '"," or "]"',
  'the end': 'nothing more',
} as const satisfies Record<Expected, string>;

export interface JsonPlace {
  readonly offset: number;
  /** What should stand there. */
  readonly expected: string;
}

/** The first place where the text cannot go on as JSON; its end if only more is missing. */
export function findJsonMistake(text: string): JsonPlace {
  /** The containers that are open, `{` and `[`, outermost first. */
  const open: string[] = [];
  let expected: Expected = 'value';
  let offset = 0;
  for (;;) {
    SPACE.lastIndex = offset;
    SPACE.test(text);
    offset = SPACE.lastIndex;
    TOKEN.lastIndex = offset;
    const token = TOKEN.exec(text)?.[0];
    const next: Expected | null = token === undefined ? null : follow(expected, token, open);
    if (next === null) return { offset, expected: WORDS[expected] };
    offset = TOKEN.lastIndex;
    expected = next;
  }
}

/** What may follow the token, or null if the token may not stand here. */
function follow(expected: Expected, token: string, open: string[]): Expected | null {
  switch (expected) {
    case 'value or ]':
      return token === ']' ? close(open) : afterValue(token, open);
    case 'value':
      return afterValue(token, open);
    case 'key or }':
      if (token === '}') return close(open);
      return token.startsWith('"') ? ':' : null;
    case 'key':
      return token.startsWith('"') ? ':' : null;
    case ':':
      return token === ':' ? 'value' : null;
    case ', or }':
      return token === ',' ? 'key' : token === '}' ? close(open) : null;
    case ', or ]':
      return token === ',' ? 'value' : token === ']' ? close(open) : null;
    case 'the end':
      return null;
  }
}

function afterValue(token: string, open: string[]): Expected | null {
  if (token === '{') {
    open.push('{');
    return 'key or }';
  }
  if (token === '[') {
    open.push('[');
    return 'value or ]';
  }
  return /^[}\],:]/.test(token) ? null : within(open);
}

function close(open: string[]): Expected {
  open.pop();
  return within(open);
}

function within(open: readonly string[]): Expected {
  const innermost = open.at(-1);
  return innermost === undefined ? 'the end' : innermost === '{' ? ', or }' : ', or ]';
}

// The documents, in both languages, say of settings, metrics, errors and packages what the code says.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SETTINGS } from '../../src/app/config.ts';
import { METRICS } from '../../src/app/metrics.ts';
import { HANDLE_API_ERRORS, PROBLEMS } from '../../src/http-server/problems.ts';
import { chosen, commandsIn, differences, rowsUnder, shapeOf, TRANSLATED } from './documents.ts';
import { GENERATED, WORDS, withTable } from './generated-tables.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const read = (name: string): string => readFileSync(join(ROOT, name), 'utf8');

const settings = new Map(SETTINGS.map(({ path, default: value }) => [path, [`\`${JSON.stringify(value)}\``]]));
const metrics = new Map(Object.values(METRICS).map(({ name, type }) => [name, [type]]));
const codes = new Map(
  METRICS.errors.labels.code.map((code) => {
    const { responseCode, status } = HANDLE_API_ERRORS[code];
    return [code, [String(PROBLEMS[code].status), `${responseCode} (${status})`]];
  }),
);
const manifest = JSON.parse(read('package.json')) as Record<'dependencies' | 'devDependencies', object>;
const packages = new Map(
  Object.keys({ ...manifest.dependencies, ...manifest.devDependencies })
    .filter((name) => !name.startsWith('@types/'))
    .map((name) => [name, []]),
);

describe.each([
  ['README.md', ['Configuration', 'Metrics', 'Packages']],
  ['README.zh-CN.md', ['配置', '指标', '依赖包']],
])('%s', (file, [configuration = '', metricsHeading = '', dependencies = '']) => {
  const text = read(file);

  it.each([
    ['settings with their defaults', configuration, settings],
    ['metrics with their types', metricsHeading, metrics],
  ])('has a choice of %s, and none that does not exist', (_, heading, all) => {
    const rows = rowsUnder(text, heading);
    expect(rows.length).toBeGreaterThan(4);
    expect(differences(rows, chosen(rows, all))).toEqual([]);
  });

  it('says of every package what it is for', () => {
    expect(differences(rowsUnder(text, dependencies), packages)).toEqual([]);
  });
});

describe.each([
  ['src/http-server/errors.md', 'Errors'],
  ['src/http-server/errors.zh-CN.md', '错误'],
])('%s', (file, heading) => {
  it('has every error code with what it becomes at each door, and no other', () => {
    expect(differences(rowsUnder(read(file), heading), codes)).toEqual([]);
  });
});

describe.each(TRANSLATED)('%s', (english, chinese) => {
  it(`has the sections, commands and rows of ${chinese}`, () => {
    expect(shapeOf(read(chinese))).toEqual(shapeOf(read(english)));
    expect(commandsIn(read(chinese))).toEqual(commandsIn(read(english)));
  });
});

describe.each(GENERATED)('$path', ({ path, table }) => {
  it('is what `npm run docs` makes of the code', () => {
    const text = read(path);
    expect(withTable(text, table())).toBe(text);
  });
});

describe('what the program says', () => {
  const sections = new Set([...settings.keys()].filter((path) => path.includes('.')).map((path) => path.split('.')[0]));
  const named = new RegExp(`(?<![\\w./-])(?:${[...sections].join('|')})\\.[a-z]\\w*(?![\\w(/])`, 'g');
  // Names of files, and of attributes of a span.
  const isOther = (name: string): boolean => /\.(ts|json)$|^http\.(request|response|route)$/.test(name);
  const settingsIn = (text: string): readonly string[] =>
    text
      .split('\n')
      .filter((line) => /['"`]|^\s*(\/\/|\*)/.test(line))
      .flatMap((line) => [...line.matchAll(named)].map(([name]) => name).filter((name) => !isOther(name)));

  it('names settings that exist', () => {
    const files = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' });
    const sources = files.filter((file) => file.endsWith('.ts')).map((file) => join('src', file));
    const unknown = sources.flatMap((file) => settingsIn(read(file)).map((name) => [file, name] as const));
    expect(unknown.length).toBeGreaterThan(20);
    expect(unknown.filter(([, name]) => !settings.has(name))).toEqual([]);
  });

  it('is read with its settings', () => {
    expect(settingsIn("throw new Error('look at store.url, and http.port');\nstore.url();")).toEqual([
      'store.url',
      'http.port',
    ]);
  });
});

describe('the Chinese words', () => {
  it('explain what exists and nothing else', () => {
    expect(Object.keys(WORDS.settings).sort()).toEqual([...settings.keys()].sort());
    expect(Object.keys(WORDS.metrics).sort()).toEqual([...metrics.keys()].sort());
  });
});

describe('the guard of the documents', () => {
  const table = '# A\n\n| `a.b` | `1` | text |\n| `c` | `"x \\| y"` | text |\n\n## B\n\n| `d` | `2` |\n';
  const expected = new Map([
    ['a.b', ['`1`']],
    ['c', ['`"x \\| y"`']],
  ]);

  it('accepts a table that says what the code says', () => {
    expect(differences(rowsUnder(table, 'A'), expected)).toEqual([]);
  });

  it('sees a row that a translation lacks, one with another number of cells, and a heading of another level', () => {
    const shape = shapeOf(table);
    expect(shape).toEqual(['#', 'row of 3', 'row of 3', '##', 'row of 2']);
    for (const [from, to] of [
      ['| `c` | `"x \\| y"` | text |\n', ''],
      ['text |', 'text | more |'],
      ['## B', '### B'],
    ] as const) {
      expect(shapeOf(table.replace(from, to))).not.toEqual(shape);
    }
  });

  it('sees another command, and lets texts be translated', () => {
    const block = (command: string): string => `\`\`\`sh\n${command}\n\`\`\`\n`;
    const commands = commandsIn(block(`curl -X PUT a/b -d '{"name":"Oak"}'`));
    expect(commandsIn(block(`curl -X PUT a/b -d '{"name":"橡木"}'`))).toEqual(commands);
    expect(commandsIn(block(`curl -X PUT a/c -d '{"name":"Oak"}'`))).not.toEqual(commands);
  });

  it('replaces a table that is out of step, and wants its marks', () => {
    const document = 'a\n<!-- made by npm run docs -->\n\nold\n\n<!-- end -->\nb';
    expect(withTable(document, 'new')).toBe(document.replace('old', 'new'));
    expect(() => withTable('a\nold\nb', 'new')).toThrow(/lacks/);
  });

  it.each([
    ['a row that is missing', 'A', new Map([...expected, ['e', []]])],
    ['a row too many', 'A', chosen(rowsUnder(table, 'A'), new Map([['c', []]]))],
    ['another default', 'A', new Map([...expected, ['c', ['`2`']]])],
    ['a heading that is gone', 'C', new Map([['a.b', []]])],
  ])('sees %s', (_, heading, wanted) => {
    expect(differences(rowsUnder(table, heading), wanted)).toHaveLength(1);
  });
});

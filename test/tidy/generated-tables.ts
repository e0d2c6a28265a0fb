// The tables of settings and metrics, made from the code and from the Chinese words beside them. They stand in documents
// between two marks; what is around the marks is written by hand.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SETTINGS } from '../../src/app/config.ts';
import type { Setting } from '../../src/app/config-layers.ts';
import { METRICS, type Metric } from '../../src/app/metrics.ts';

export const ROOT = join(import.meta.dirname, '..', '..');
const WORDS_FILE = 'config/words.zh-CN.json';

/** What a setting or a metric means, in Chinese, by its name. */
export type Words = Readonly<Record<string, string>>;

export const WORDS = JSON.parse(readFileSync(join(ROOT, WORDS_FILE), 'utf8')) as Readonly<
  Record<'settings' | 'metrics', Words>
>;

/** Each document with what stands between its marks. */
export const GENERATED = [
  { path: 'config/README.md', table: () => settingsTables(SETTINGS, WORDS.settings) },
  { path: 'config/prometheus/README.md', table: () => metricsTable(Object.values(METRICS), WORDS.metrics) },
] as const;

const BEGIN = '<!-- made by npm run docs -->';
const END = '<!-- end -->';

/** The document with another text between its marks. */
export function withTable(document: string, table: string): string {
  const begin = document.indexOf(BEGIN);
  const end = document.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`The document lacks ${BEGIN} … ${END}.`);
  return `${document.slice(0, begin + BEGIN.length)}\n\n${table}\n\n${document.slice(end)}`;
}

/** A table for each section of the file. */
function settingsTables(settings: readonly Setting[], words: Words): string {
  const sections = new Map<string, Setting[]>();
  for (const setting of settings) {
    const name = setting.path.split('.')[0] as string;
    sections.set(name, [...(sections.get(name) ?? []), setting]);
  }
  const tables = [...sections].map(([name, members]) => {
    const rows = members.map((setting) => [
      code(setting.path),
      code(JSON.stringify(setting.default)),
      setting.expected,
      bilingual(setting.description, wordsOf(setting.path, words)),
    ]);
    return `### ${name}\n\n${tableOf(['Setting 配置项', 'Default 默认值', 'Takes 取值', 'Meaning 含义'], rows)}`;
  });
  return tables.join('\n\n');
}

function metricsTable(metrics: readonly Metric[], words: Words): string {
  const rows = metrics.map(({ name, type, labels, help }) => [
    code(name),
    type,
    Object.keys(labels).map(code).join(', ') || '–',
    bilingual(help, wordsOf(name, words)),
  ]);
  return tableOf(['Metric 指标', 'Type 类型', 'Labels 标签', 'Meaning 含义'], rows);
}

function tableOf(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => '---'), ...rows.map((row) => row.map((cell) => cell.replaceAll('|', '\\|')))];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function code(text: string): string {
  return `\`${text}\``;
}

function bilingual(english: string, chinese: string): string {
  return `${english}<br>${chinese}`;
}

function wordsOf(name: string, words: Words): string {
  const chinese = words[name];
  if (chinese === undefined) throw new Error(`${name} is not explained in ${WORDS_FILE}: add it there.`);
  return chinese;
}

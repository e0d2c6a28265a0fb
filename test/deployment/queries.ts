// Reads queries of Prometheus as far as needed to hold them against the table of metrics: which names and labels they use.

import { METRICS, type Metric } from '../../src/app/metrics.ts';

/** What Prometheus itself knows of everything it scrapes, and of its alerts. */
const OWN_METRICS = ['up', 'ALERTS'];
const OWN_LABELS = ['job', 'instance', 'le', 'thread', 'version', 'node', 'alertname', 'alertstate', 'severity'];

const WORDS = new Set(['and', 'or', 'unless', 'bool', 'offset']);
const TEXTS = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/g;
const GROUPINGS = /\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)/g;
const NAME = /(?<![\w.:])[a-zA-Z_:][\w:]*(?!\s*\(|[\w:])/g;

/** Names of metrics in a query. */
export function metricsIn(query: string): readonly string[] {
  const bare = query
    .replace(TEXTS, '')
    .replace(/\{[^}]*\}/g, '')
    .replace(/\[[^\]]*\]/g, '')
    .replace(GROUPINGS, '');
  return [...new Set(bare.match(NAME) ?? [])].filter((name) => !WORDS.has(name));
}

/** Labels in the selectors of a query, with each value that is spelled out. */
export function labelsIn(query: string): readonly (readonly [label: string, values: readonly string[]])[] {
  return [...query.matchAll(/\{([^}]*)\}/g)].flatMap(([, selector = '']) =>
    [...selector.matchAll(/(\w+)\s*(!?=~?|!~)\s*"([^"]*)"/g)].map(([, label = '', operator = '', text = '']) => {
      const values = operator.includes('~') ? text.split('|') : [text];
      return [label, values.filter((value) => /^[\w.-]+$/.test(value))] as const;
    }),
  );
}

/** Series that a metric has: a histogram has three, and none of its own name. */
function seriesNamesOf({ name, type }: Metric): readonly string[] {
  return type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name];
}

/** What a query asks for that does not exist. `recorded`: names that recording rules make. */
export function unknownIn(query: string, recorded: readonly string[]): readonly string[] {
  const metrics: readonly Metric[] = Object.values(METRICS);
  const names = new Set([...metrics.flatMap(seriesNamesOf), ...recorded, ...OWN_METRICS]);
  const values = new Map<string, string[]>();
  for (const { labels } of metrics) {
    for (const [label, closed] of Object.entries(labels)) values.set(label, [...(values.get(label) ?? []), ...closed]);
  }
  return [
    ...metricsIn(query).filter((name) => !names.has(name)),
    ...labelsIn(query).flatMap(([label, given]) => {
      const closed = values.get(label);
      if (closed === undefined) return OWN_LABELS.includes(label) ? [] : [`label ${label}`];
      return given.filter((value) => !closed.includes(value)).map((value) => `${label}="${value}"`);
    }),
  ];
}

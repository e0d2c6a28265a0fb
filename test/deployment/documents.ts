// The files of config/ that watch a node, read into what tests ask of them. Their syntax is for their own programs to judge.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '..', '..');
export const PROMETHEUS_FOLDER = join(ROOT, 'config', 'prometheus');

export function readText(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

export interface RuleFile {
  /** Names that recording rules make. */
  readonly recorded: readonly string[];
  /** Each alert with its lines, in order. */
  readonly alerts: readonly { readonly name: string; readonly text: string }[];
  readonly queries: readonly string[];
}

export function readRules(): RuleFile {
  const text = readText('config/prometheus/alerts.yml').replace(/^\s*#.*\n/gm, '');
  const [, ...alerts] = text.split(/^ *- alert: /m);
  return {
    recorded: [...text.matchAll(/^ *- record: (\S+)$/gm)].map(([, name = '']) => name),
    alerts: alerts.map((alert) => ({ name: alert.slice(0, alert.indexOf('\n')), text: alert })),
    // On the same line, or folded: on those below that are indented further.
    queries: [...text.matchAll(/^( *)expr: (?:>-\n((?:\1 +.*\n)+)|(.+)\n)/gm)].map(
      ([, , folded, plain]) => folded ?? plain ?? '',
    ),
  };
}

interface Panel {
  readonly title: string;
  readonly description?: string;
  readonly type: string;
  readonly targets?: readonly { readonly expr: string }[];
}

interface Dashboard {
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly { readonly name: string; readonly definition?: string }[] };
  readonly annotations: { readonly list: readonly { readonly expr: string }[] };
}

export function readDashboard(): Dashboard {
  return JSON.parse(readText('config/grafana/dashboards/jiabiao.json'));
}

/** Every query of the dashboard, as Grafana sends it with all nodes chosen. */
export function dashboardQueries(): readonly string[] {
  const { panels, templating, annotations } = readDashboard();
  return [
    ...panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)),
    ...annotations.list.map(({ expr }) => expr),
    // label_values(QUERY, label) fills the list of nodes.
    ...templating.list.flatMap(({ definition }) => /^label_values\((.+), \w+\)$/.exec(definition ?? '')?.[1] ?? []),
  ].map((query) => query.replaceAll('$__rate_interval', '1m').replaceAll('$instance', '.*'));
}

// What Prometheus and Grafana are given: their own programs accept it, and it asks for nothing that the node does not have.

import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { METRICS } from '../../src/app/metrics.ts';
import { dashboardQueries, PROMETHEUS_FOLDER, readDashboard, readRules, readText } from './documents.ts';
import { labelsIn, metricsIn, unknownIn } from './queries.ts';

const rules = readRules();
const runbook = readText('config/runbook.md');
const headings = [...runbook.matchAll(/^## (Jiabiao\w+)$/gm)].map(([, name]) => name);

describe.runIf(process.platform === 'linux')('promtool', () => {
  it.each([
    ['the configuration', ['check', 'config', '--lint=all', '--lint-fatal', 'prometheus.yml']],
    ['the rules', ['check', 'rules', '--lint=all', '--lint-fatal', 'alerts.yml']],
    ['that each alert fires when it should and no earlier', ['test', 'rules', 'alerts.test.yml']],
  ])('accepts %s', { timeout: 30_000 }, (_, args) => {
    const { status, stdout, stderr } = spawnSync('promtool', args, { cwd: PROMETHEUS_FOLDER, encoding: 'utf8' });
    expect(status, stdout + stderr).toBe(0);
  });
});

describe('the alerts', () => {
  it('ask for metrics that exist', () => {
    expect(rules.queries).toHaveLength(rules.recorded.length + rules.alerts.length);
    expect(rules.queries.flatMap((query) => unknownIn(query, rules.recorded))).toEqual([]);
  });

  it('have a heading each in the runbook, and the runbook no other', () => {
    expect(rules.alerts.map(({ name }) => name)).toEqual(headings);
  });

  it.each(rules.alerts)('$name says how severe it is, what happened, and where to read on', ({ name, text }) => {
    expect(text).toMatch(/^ *severity: (critical|warning)$/m);
    expect(text).toMatch(/^ *summary: .{10,}$/m);
    expect(text).toMatch(/^ *description: ./m);
    expect(text).toMatch(new RegExp(`^ *runbook: config/runbook.md#${name.toLowerCase()}$`, 'm'));
  });

  it.each(rules.alerts)('$name is tested when it fires and when it does not', ({ name }) => {
    const cases = [...readText('config/prometheus/alerts.test.yml').matchAll(/alertname: (\w+)\n *exp_alerts:(.*)\n/g)];
    const expected = cases.flatMap(([, alert, list]) => (alert === name ? [list] : []));
    expect(expected).toContain('');
    expect(expected).toContain(' []');
  });
});

describe('the dashboard', () => {
  it('asks for metrics that exist', () => {
    expect(dashboardQueries().length).toBeGreaterThan(30);
    expect(dashboardQueries().flatMap((query) => unknownIn(query, rules.recorded))).toEqual([]);
  });

  it('explains every panel', () => {
    const silent = readDashboard().panels.filter(({ type, description = '' }) => type !== 'row' && description === '');
    expect(silent.map(({ title }) => title)).toEqual([]);
  });
});

describe('the runbook', () => {
  it.each(headings)('%s: says what it means, what to look at and what to do, in this order', (name) => {
    const [, entry = ''] = runbook.split(`## ${name}\n`);
    const parts = entry.split('\n## ')[0]?.match(/^\*\*(Means|Look at|Do)\b/gm);
    expect(parts).toEqual(['**Means', '**Look at', '**Do']);
  });

  it('names metrics that exist', () => {
    const names: readonly string[] = Object.values(METRICS).map(({ name }) => name);
    const named = runbook.match(/\b(?:jiabiao|process)_\w+/g) ?? [];
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter((name) => !names.includes(name))).toEqual([]);
  });

  it('has no link that leads nowhere', () => {
    const anchors = headings.map((name) => `#${name?.toLowerCase()}`);
    const links = [...runbook.matchAll(/\]\((#[^)]+)\)/g)].map(([, target = '']) => target);
    expect(links.filter((target) => !anchors.includes(target))).toEqual([]);
  });
});

describe('the reader of queries', () => {
  const query =
    'sum by (door) (rate(jiabiao_a_total{x="1", y=~"b|c.*"}[5m])) / on (job) group_left () a:b:c > 2 ^ 20 and up';

  it('finds names and labels', () => {
    expect(metricsIn(query)).toEqual(['jiabiao_a_total', 'a:b:c', 'up']);
    expect(labelsIn(query)).toEqual([
      ['x', ['1']],
      ['y', ['b']],
    ]);
  });

  it('accepts what exists', () => {
    expect(unknownIn('rate(jiabiao_resolutions_total{outcome="error", instance=~".*"}[5m])', [])).toEqual([]);
    expect(unknownIn('rate(jiabiao_commit_duration_seconds_count[5m]) > a:b', ['a:b'])).toEqual([]);
  });

  it.each([
    ['a metric that does not exist', 'rate(jiabiao_resolution_total[5m])', 'jiabiao_resolution_total'],
    ['a histogram that is no series', 'jiabiao_commit_duration_seconds', 'jiabiao_commit_duration_seconds'],
    ['a rule that does not exist', 'a:b > 1', 'a:b'],
    ['a label that does not exist', 'jiabiao_workers{door_name="page"}', 'label door_name'],
    ['a value that a label does not have', 'jiabiao_refusals_total{reason="ratelimit"}', 'reason="ratelimit"'],
    ['one of several values', 'jiabiao_cache_events_total{event=~"hit|mis"}', 'event="mis"'],
  ])('sees %s', (_, unknown, what) => {
    expect(unknownIn(unknown, [])).toEqual([what]);
  });
});

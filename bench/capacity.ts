// `npm run bench:capacity`: what a load needs, reckoned from bench/results: prints the tables of config/README.md, or, with
// --write, puts them there. Measures nothing itself.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Figure, type Figures, figuresIn } from './capacity/figures.ts';
import { needsOf, type Wanted } from './capacity/needs.ts';

const RESULTS = join(import.meta.dirname, 'results');
const PAGE = join(import.meta.dirname, '..', 'config', 'README.md');
const [BEGIN, END] = ['<!-- made by npm run bench:capacity -->', '<!-- end -->'];

const { values: flags } = parseArgs({
  options: {
    identifiers: { type: 'string', default: '1e9' },
    /** Resolutions a second. */
    rate: { type: 'string', default: '1e5' },
    /** Cores of a node, and of a machine of PostgreSQL; GiB of memory of the latter. */
    cores: { type: 'string', default: '4' },
    'database-cores': { type: 'string', default: '16' },
    'database-gib': { type: 'string', default: '128' },
    write: { type: 'boolean', default: false },
  },
});

function read(name: string): unknown {
  const file = join(RESULTS, `${name}.json`);
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : null;
}

function tableOf(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function shown(value: number): string {
  return value >= 1000 ? Math.round(value).toLocaleString('en') : String(Number(value.toPrecision(3)));
}

function figureRows(figures: Figures): readonly (readonly string[])[] {
  return Object.entries(figures).map(([symbol, { value, unit, from, what }]: [string, Figure]) => [
    `*${symbol}*`,
    what,
    `${shown(value)} ${unit}`,
    from,
  ]);
}

function pageOf(wanted: Wanted): string {
  const figures = figuresIn(read);
  const { byShare, store } = needsOf(figures, wanted);
  const measured = tableOf(['', 'What 内容', 'Measured 实测', 'Case 用例'], figureRows(figures));
  const load = tableOf(
    [
      '*h* remembered 已记住',
      'Cores of nodes 节点核数',
      `Nodes of ${wanted.cores} cores 节点数`,
      'Lookups/s 查询/秒',
      'Cores of PostgreSQL 数据库核数',
      'Reads of disk/s, at worst 读盘/秒（最坏）',
    ],
    byShare.map(({ share, nodeCores, nodes, lookups, databaseCores, reads }) => [
      `${Math.round(share * 100)} %`,
      ...[nodeCores, nodes, lookups, databaseCores, reads].map(shown),
    ]),
  );
  const size = tableOf(
    ['For 所需', 'Result 结果'],
    store.map(({ what, value, unit }) => [what, `${shown(value)} ${unit}`]),
  );
  return [measured, load, size].join('\n\n');
}

function main(): void {
  const numberOf = (name: 'identifiers' | 'rate' | 'cores' | 'database-cores' | 'database-gib'): number => {
    const value = Number(flags[name]);
    if (!(value > 0)) throw new Error(`--${name} takes a number above 0.`);
    return value;
  };
  const tables = pageOf({
    identifiers: numberOf('identifiers'),
    rate: numberOf('rate'),
    cores: numberOf('cores'),
    databaseCores: numberOf('database-cores'),
    databaseGiB: numberOf('database-gib'),
  });
  if (!flags.write) {
    process.stdout.write(`${tables}\n`);
    return;
  }
  const page = readFileSync(PAGE, 'utf8');
  const begin = page.indexOf(BEGIN);
  const end = page.indexOf(END, begin);
  if (begin < 0 || end < 0) throw new Error(`${PAGE} has no place for them: ${BEGIN} … ${END}`);
  writeFileSync(PAGE, `${page.slice(0, begin + BEGIN.length)}\n\n${tables}\n\n${page.slice(end)}`);
}

main();

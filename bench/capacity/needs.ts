// What a load needs, by the formulas that config/README.md shows. Pure.

import type { Figures } from './figures.ts';

export interface Wanted {
  readonly identifiers: number;
  /** Resolutions a second. */
  readonly rate: number;
  /** Of a node. */
  readonly cores: number;
  /** Of a machine of PostgreSQL. */
  readonly databaseCores: number;
  readonly databaseGiB: number;
}

export interface LoadNeeds {
  /** Of the resolutions, which a node remembers. */
  readonly share: number;
  readonly nodeCores: number;
  readonly nodes: number;
  readonly lookups: number;
  readonly databaseCores: number;
  readonly reads: number;
}

export interface StoreNeed {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
}

const SHARES = [0.9, 0.5, 0];
/** Part of a machine that is planned for: the rest is for peaks, rolling restarts and a neighbour that fails. */
const LOADED = 0.7;
/** A row that is in no memory: a leaf of the index, and the row. */
const READS_A_LOOKUP = 2;
/** Disk beside the rows themselves: histories, what VACUUM has not cleared yet, the write-ahead log, room to rebuild an index. */
const DISK_FACTOR = 2;
/** Part of a machine's memory that its pages get. */
const PAGES_SHARE = 0.75;
/** Redis: of a record its bytes as JSON, its key, and what Redis adds. Reckoned, not measured. */
const REDIS_BYTES = 700;
/** Of all identifiers, which are asked for again within a day. */
const HOT_SHARE = 0.01;

const DAY_SECONDS = 86_400;
const GIB = 2 ** 30;
const GB = 1e9;

export function needsOf(figures: Figures, wanted: Wanted) {
  const { identifiers, rate, databaseCores, databaseGiB } = wanted;
  const { e, g, i, m, n, w } = figures;
  const bytes = identifiers * g.value;
  const byShare = SHARES.map((share) => loadNeeds(figures, wanted, share));
  const worst = byShare.at(-1) as LoadNeeds;
  const inMemory = Math.ceil(bytes / (databaseGiB * GIB * PAGES_SHARE));
  const store: StoreNeed[] = [
    { what: '*N* × *g*: rows, indexes and log in PostgreSQL 数据库中的行、索引与日志', value: bytes / GB, unit: 'GB' },
    {
      what: `the same × ${DISK_FACTOR}: disk of one PostgreSQL, and of each replica 一个数据库（及每个副本）的磁盘`,
      value: (bytes * DISK_FACTOR) / GB,
      unit: 'GB',
    },
    {
      what: `machines of ${databaseGiB} GiB that hold all of it in memory (Citus shards, or one machine with as much): *N* × *g* ÷ (${PAGES_SHARE} × memory) 全部放入内存所需机器数（Citus 分片，或一台同样大的机器）`,
      value: inMemory,
      unit: '',
    },
    {
      what: 'on each of these shards: rows / disk 每个分片：行/磁盘',
      value: bytes / inMemory / GB,
      unit: `GB / ${Math.round((bytes * DISK_FACTOR) / inMemory / GB)} GB`,
    },
    {
      what: `PostgreSQL machines of ${databaseCores} cores for the lookups of the last row above (primary and replicas, or shards) 上表末行的查询所需 ${databaseCores} 核数据库机器`,
      value: Math.ceil(worst.databaseCores / databaseCores),
      unit: '',
    },
    {
      what: `Redis for the ${HOT_SHARE * 100} % that are asked for again: *N* × ${HOT_SHARE} × ${REDIS_BYTES} bytes (reckoned) 常被再问的部分所需 Redis（估算）`,
      value: (identifiers * HOT_SHARE * REDIS_BYTES) / GB,
      unit: 'GB',
    },
    { what: 'memory of a node: cores × *m* 每个节点的内存', value: (wanted.cores * m.value) / 1024, unit: 'GiB' },
    {
      what: 'network of all answers: *R* × *e* × 8 全部应答的网络带宽',
      value: (rate * e.value * 8) / GB,
      unit: 'Gbit/s',
    },
    {
      what: '*N* × *n*: the same registry in LMDB, on each machine that has it 同一登记簿放在 LMDB 时每台机器的磁盘',
      value: (identifiers * n.value) / GB,
      unit: 'GB',
    },
    {
      what: '*N* ÷ *w* ÷ 86,400: registering all of it one by one, node and PostgreSQL on two cores 逐个登记全部标识',
      value: identifiers / w.value / DAY_SECONDS,
      unit: 'days 天',
    },
    ...(i === undefined
      ? []
      : [
          {
            what: '*N* ÷ *i* ÷ 3,600: through import jobs, on the same 经导入作业',
            value: identifiers / i.value / 3600,
            unit: 'hours 小时',
          },
        ]),
  ];
  return { byShare, store };
}

function loadNeeds({ a, b, d }: Figures, { rate, cores }: Wanted, share: number): LoadNeeds {
  // To a thousandth, or the last bit of a fraction would ask for another node.
  const nodeCores = Math.round((rate * (share * a.value + (1 - share) * b.value)) / 1e3 / LOADED) / 1e3;
  const lookups = rate * (1 - share);
  return {
    share,
    nodeCores,
    nodes: Math.ceil(nodeCores / cores) + 1,
    lookups,
    databaseCores: (lookups * d.value) / 1e6 / LOADED,
    reads: lookups * READS_A_LOOKUP,
  };
}

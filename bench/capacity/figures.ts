// The measured figures that a capacity is reckoned from, each with the case it comes from and how far it can be trusted.

import { median } from '../measure/measurement.ts';

export interface Figure {
  readonly value: number;
  readonly unit: string;
  /** In English and Chinese. */
  readonly what: string;
  readonly from: string;
}

/** By their symbols. */
export type Figures = Readonly<Record<'a' | 'b' | 'd' | 'e' | 'g' | 'm' | 'n' | 'w', Figure>> & {
  /** Where it was measured. */
  readonly i?: Figure;
};

interface Result {
  readonly at: string;
  readonly quick: boolean;
  readonly measurements: readonly { readonly measure: string; readonly value: number; readonly note: string | null }[];
  readonly runs: readonly {
    readonly server: string;
    readonly cpuMicrosPerRequest: number;
    readonly requests: number;
    readonly bodyBytes: number;
  }[];
}

/** Bytes of the head of an answer, and of what TCP and IP add. */
const HEAD_BYTES = 400;

/** `read`: a file of results by its name; null if there is none. Throws for what was never measured. */
export function figuresIn(read: (name: string) => unknown): Figures {
  const result = (name: string): Result => {
    const found = read(name) as Result | null;
    if (found === null) throw new Error(`There is no result of ${name}: run "npm run bench -- --case ${name}".`);
    return found;
  };
  const measured = (name: string, measure = ''): number => {
    const found = result(name).measurements.find((each) => each.measure.startsWith(measure));
    if (found === undefined) throw new Error(`The result of ${name} has no measurement "${measure}".`);
    return found.value;
  };
  const from = (name: string): string => {
    const { at, quick } = result(name);
    return `\`${name}\`, ${at.slice(0, 10)}${quick ? ', **quick**' : ''}`;
  };
  const touches = result('pg-first-touch');
  const ours = touches.runs.filter(({ server }) => server === 'ours');
  const hits = result('resolve-l1').runs;
  const noted = (name: string, pattern: RegExp): number => {
    const found = pattern.exec(result(name).measurements[0]?.note ?? '')?.[1];
    if (found === undefined) throw new Error(`The note of ${name} says nothing like ${pattern}: run it again.`);
    return Number(found);
  };
  const imported = 'identifiers through an import job, PostgreSQL on the same two cores 经导入作业写入同机数据库的标识';
  return {
    ...(read('pg-import') === null
      ? {}
      : { i: { value: measured('pg-import'), unit: '/s', from: from('pg-import'), what: imported } }),
    a: {
      ...{ value: measured('resolve-l1', '1,000 paths'), unit: 'µs CPU', from: from('resolve-l1') },
      what: 'a node, for what it remembers 节点回答已记住的',
    },
    b: {
      ...{ value: median(ours.map((run) => run.cpuMicrosPerRequest)), unit: 'µs CPU', from: from('pg-first-touch') },
      what: 'a node, for what it asks PostgreSQL 节点回答须查数据库的',
    },
    d: {
      value: noted('pg-first-touch', /([\d.]+) of what it asks/),
      ...{ unit: 'µs CPU', from: from('pg-first-touch') },
      what: 'PostgreSQL, for such a lookup 数据库每次查询',
    },
    e: {
      value: median(hits.map(({ bodyBytes, requests }) => bodyBytes / requests)) + HEAD_BYTES,
      ...{ unit: 'bytes 字节', from: `${from('resolve-l1')}, and ${HEAD_BYTES} of head and TCP 加报头` },
      what: 'an answer on the wire 一个应答在网络上',
    },
    g: {
      ...{
        value: measured('pg-bytes-item') + noted('pg-bytes-item', /([\d.]+) of the change log/),
        unit: 'bytes 字节',
        from: from('pg-bytes-item'),
      },
      what: 'an identifier in PostgreSQL, primary key, index of children and change log counted 数据库中一个标识，含主键、下级索引与变更日志',
    },
    m: {
      ...{ value: measured('memory'), unit: 'MiB', from: from('memory') },
      what: 'memory of a worker and its share of the node 每个工作线程连同其分摊的内存',
    },
    n: {
      value: measured('bytes-item', 'loaded in order') + measured('bytes-change'),
      ...{ unit: 'bytes 字节', from: `${from('bytes-item')}, \`bytes-change\`` },
      what: 'an identifier in LMDB, loaded in order 有序载入时 LMDB 中一个标识',
    },
    w: {
      ...{ value: measured('pg-register-single'), unit: '/s', from: from('pg-register-single') },
      what: 'durable registrations, one by one, node and PostgreSQL on two cores 节点与数据库同在两核上的逐个登记',
    },
  };
}

// What a server has used, as Linux counts it (proc(5)): the whole process with all its threads.

import { readFileSync } from 'node:fs';

/** Kernel ticks a second as user space sees them: USER_HZ is 100 on every Linux port in use. */
const TICKS_PER_SECOND = 100;

/** User and system time so far, in seconds, in steps of 10 ms. */
export function cpuSecondsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  // The second field is the program's name in parentheses and may hold anything; utime and stime are the 14th and 15th.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** Anonymous resident memory in bytes: heaps and buffers, without mapped files. */
export function anonymousBytesOf(pid: number): number {
  const line = /^RssAnon:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'));
  if (line === null) throw new Error(`/proc/${pid}/status has no RssAnon: a Linux kernel of 4.5 or later is needed`);
  return Number(line[1]) * 1024;
}

/** Time all processors have spent at work so far, in seconds (proc_stat(5): user, nice, system, irq, softirq). */
export function machineCpuSeconds(): number {
  const [, user, nice, system, , , irq, softirq] =
    readFileSync('/proc/stat', 'latin1').split('\n', 1)[0]?.split(/ +/) ?? [];
  return [user, nice, system, irq, softirq].reduce((sum, ticks) => sum + Number(ticks), 0) / TICKS_PER_SECOND;
}

// The checker of histories finds what is wrong with histories that are known to be, and nothing in one that is right.

import { describe, expect, it } from 'vitest';
import { judge, type Verdict } from './checker.ts';
import type { History, LogRow, Read, Seen, Write } from './history.ts';

const A = '88.118.1/A';
const B = '88.118.1/B';
const PROMISES = { otherNodeMs: 1000, afterDeathMs: 4000 };

function wrote(text: string, answeredAt: number, more: Partial<Write> = {}): Write {
  return {
    ...{ text, kind: 'put', name: A, expected: null, requestIds: [text], runs: ['a1'], calledAt: answeredAt - 10 },
    ...{ answeredAt, outcome: 'done', revision: null },
    ...more,
  };
}

const unanswered = { answeredAt: Number.POSITIVE_INFINITY, outcome: 'unknown' } as const;

/** Rows of one entry each, of names that get their revisions one by one. */
function logOf(...writes: readonly Write[]): LogRow[] {
  const revisions = new Map<string, number>();
  return writes.map(({ name, kind, requestIds }, i) => {
    const revision = (revisions.get(name) ?? 0) + 1;
    revisions.set(name, revision);
    const actions = { put: 'updated', touch: 'updated', recall: 'recalled', lift: 'recall-lifted', revoke: 'revoked' };
    const action = revision === 1 ? 'created' : actions[kind];
    const at = new Date(Date.UTC(2026, 0, 1) + i).toISOString();
    return {
      sequence: i + 1,
      at,
      requestId: requestIds.at(-1) ?? '',
      entries: [{ subject: 'record', name, action, revision }],
    };
  });
}

function read(seen: Seen | string, calledAt: number, more: Partial<Read> = {}): Read {
  const shown: Seen = typeof seen === 'string' ? { state: 'found', text: seen, notice: null } : seen;
  return { name: A, run: 'b1', calledAt, answeredAt: calledAt + 5, seen: shown, ...more };
}

function judged(history: Partial<History> & Pick<History, 'writes'>): Verdict {
  const disturbances = { killedAt: new Map(), deaf: [] };
  return judge({ reads: [], log: logOf(...history.writes), disturbances, promises: PROMISES, ...history });
}

const kinds = (verdict: Verdict): string[] => verdict.objections.map(({ kind }) => kind);

const one = wrote('one', 1000, { revision: 1 });
const two = wrote('two', 2000, { revision: 2, runs: ['b1'] });

describe('a history as promised', () => {
  it('may show at another node for a second what is not the newest any more, and at once what is', () => {
    const reads = [
      read({ state: 'absent' }, 1999),
      read('one', 1001, { run: 'a1' }),
      read('one', 1995, { run: 'a1' }),
      read('one', 2990, { run: 'a1' }),
      read('two', 3001, { run: 'a1' }),
      read('two', 2001),
    ];
    const verdict = judged({ writes: [one, two], reads });
    expect(verdict.objections).toEqual([]);
    expect(verdict).toMatchObject({ own: { late: 0 }, others: { late: 2, worstMs: 999 }, disturbed: { late: 0 } });
    expect(verdict.revisions).toEqual(new Map([[A, 2]]));
  });

  it('may hold what nobody knows the end of, or not', () => {
    const lost = wrote('lost', 0, { ...unanswered, calledAt: 1500 });
    expect(judged({ writes: [one, lost], reads: [read('lost', 1600)] }).objections).toEqual([]);
    expect(judged({ writes: [one, lost], log: logOf(one), reads: [read('one', 9000)] }).objections).toEqual([]);
  });

  it('may be told twice of what was sent twice, and was done by the first or by the second', () => {
    const twice = wrote('twice', 5000, { requestIds: ['first', 'second'], runs: ['a1', 'b1'] });
    for (const requestId of ['first', 'second']) {
      const log = logOf(twice).map((row) => ({ ...row, requestId }));
      expect(judged({ writes: [twice], log }).objections).toEqual([]);
    }
  });

  it('shows a recall and its end by the versions of the record that stay as they are', () => {
    const recall = wrote('notice', 2000, { kind: 'recall', revision: 2 });
    const lift = wrote('lift', 3000, { kind: 'lift', revision: 3 });
    const gone = wrote('gone', 4000, { kind: 'revoke', revision: 4 });
    const recalled = { state: 'found', text: 'one', notice: 'notice' } as const;
    const at = { run: 'a1' };
    const reads = [read(recalled, 2001, at), read('one', 3001, at), read({ state: 'revoked' }, 4001, at)];
    expect(judged({ writes: [one, recall, lift, gone], reads }).objections).toEqual([]);
    expect(kinds(judged({ writes: [one, recall, lift, gone], reads: [read(recalled, 3001, at)] }))).toEqual(['stale']);
    expect(kinds(judged({ writes: [one, gone], reads: [read('one', 4001, at)] }))).toContain('stale');
    const nothing = { state: 'nothing' } as const;
    const all = [one, recall, lift, gone];
    expect(judged({ writes: all, reads: [read(nothing, 999), read(nothing, 5001)] }).objections).toEqual([]);
    expect(kinds(judged({ writes: all, reads: [read(nothing, 2001)] }))).toEqual(['stale']);
  });
});

describe('a history that is found wrong', () => {
  it('has lost a write that was acknowledged', () => {
    expect(kinds(judged({ writes: [one, two], log: logOf(one) }))).toEqual(['lost']);
    expect(kinds(judged({ writes: [one], log: [] }))).toEqual(['lost']);
  });

  it('shows something old at another node beyond the promise', () => {
    expect(kinds(judged({ writes: [one, two], reads: [read('one', 3001, { run: 'c1' })] }))).toEqual(['stale']);
    const absent = read({ state: 'absent' }, 2001, { run: 'c1' });
    expect(kinds(judged({ writes: [one], reads: [absent] }))).toEqual(['stale']);
  });

  it('shows something old at the node that has acknowledged the new, however soon', () => {
    expect(kinds(judged({ writes: [one, two], reads: [read('one', 2000.5)] }))).toEqual(['stale']);
  });

  it('goes back behind what was seen, though nobody acknowledged it', () => {
    const lost = wrote('lost', 0, { ...unanswered, calledAt: 1500 });
    const reads = [read('lost', 1600), read('one', 2700, { run: 'c1' })];
    expect(kinds(judged({ writes: [one, lost], reads }))).toEqual(['stale']);
  });

  it('has a gap in its log', () => {
    const [first, second] = logOf(one, two) as [LogRow, LogRow];
    expect(kinds(judged({ writes: [one, two], log: [first, { ...second, sequence: 3 }] }))).toEqual(['gap']);
    expect(kinds(judged({ writes: [one], log: [{ ...first, sequence: 2 }] }))).toEqual(['gap']);
  });

  it('has its log in another order: of rows, of instants, of revisions, of what came after an answer', () => {
    const [first, second] = logOf(one, two) as [LogRow, LogRow];
    expect(kinds(judged({ writes: [one, two], log: [first, { ...second, sequence: 1 }] }))).toEqual(['order']);
    const earlier = { ...second, at: new Date(0).toISOString() };
    expect(kinds(judged({ writes: [one, two], log: [first, earlier] }))).toEqual(['order']);
    const swapped = [
      { ...first, entries: second.entries, requestId: 'two' },
      { ...second, entries: first.entries, requestId: 'one' },
    ];
    expect(kinds(judged({ writes: [one, two], log: swapped }))).toContain('order');
    const other = wrote('other', 3000, { name: B, revision: 1 });
    expect(judged({ writes: [one, other] }).objections).toEqual([]);
    expect(kinds(judged({ writes: [one, other], log: logOf(other, one) }))).toEqual(['order']);
    const elsewhere = { ...other, name: '88.118.2/B' };
    expect(judged({ writes: [one, elsewhere], log: logOf(elsewhere, one) }).objections).toEqual([]);
  });

  it('has something in its log twice', () => {
    expect(kinds(judged({ writes: [one], log: logOf(one, one) }))).toContain('duplicate');
  });

  it('has something in its log that nobody sent, or that was refused', () => {
    expect(kinds(judged({ writes: [one], log: logOf(one, two) }))).toEqual(['stranger']);
    const refused = wrote('two', 2000, { outcome: 'refused' });
    expect(kinds(judged({ writes: [one, refused] }))).toEqual(['contradiction']);
  });

  it('has something else in its log than was acknowledged or sent', () => {
    expect(kinds(judged({ writes: [one, { ...two, revision: 3 }] }))).toEqual(['contradiction']);
    expect(kinds(judged({ writes: [one, { ...two, expected: 2 }] }))).toEqual(['contradiction']);
    const [row] = logOf(one) as [LogRow];
    const revoked = { ...row, entries: row.entries.map((entry) => ({ ...entry, action: 'revoked' })) };
    expect(kinds(judged({ writes: [one], log: [revoked] }))).toEqual(['contradiction']);
  });

  it('shows what was never done, not yet sent, or is another revision', () => {
    const refused = wrote('no', 1500, { outcome: 'refused' });
    expect(kinds(judged({ writes: [one, refused], log: logOf(one), reads: [read('no', 1600)] }))).toEqual([
      'never written',
    ]);
    expect(kinds(judged({ writes: [one, two], reads: [read('two', 1500)] }))).toEqual(['from the future']);
    const seen = { state: 'found', text: 'one', revision: 2 } as const;
    expect(kinds(judged({ writes: [one, two], reads: [read(seen, 2500)] }))).toEqual(['never written']);
  });
});

describe('what keeps nodes from telling', () => {
  const at = { run: 'c1' };

  it('gives a node that died before it told four seconds, and no more', () => {
    const disturbances = { killedAt: new Map([['b1', 2500]]), deaf: [] };
    const verdict = judged({ writes: [one, two], disturbances, reads: [read('one', 6499, at)] });
    expect(verdict.objections).toEqual([]);
    expect(verdict.disturbed).toEqual({ late: 1, worstMs: 4499 });
    expect(kinds(judged({ writes: [one, two], disturbances, reads: [read('one', 6501, at)] }))).toEqual(['stale']);
  });

  it('gives no time to a node that had a second to tell before it died', () => {
    const disturbances = { killedAt: new Map([['b1', 3001]]), deaf: [] };
    expect(kinds(judged({ writes: [one, two], disturbances, reads: [read('one', 3002, at)] }))).toEqual(['stale']);
  });

  it('gives as long as nobody can hear anybody', () => {
    const disturbances = { killedAt: new Map(), deaf: [[2900, 5000] as const] };
    expect(judged({ writes: [one, two], disturbances, reads: [read('one', 4999, at)] }).objections).toEqual([]);
    expect(kinds(judged({ writes: [one, two], disturbances, reads: [read('one', 5001, at)] }))).toEqual(['stale']);
    const later = { killedAt: new Map(), deaf: [[3100, 5000] as const] };
    expect(kinds(judged({ writes: [one, two], disturbances: later, reads: [read('one', 3200, at)] }))).toEqual([
      'stale',
    ]);
  });
});

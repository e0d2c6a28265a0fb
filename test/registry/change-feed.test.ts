// The change feed: each reader gets what concerns it, all of it, once and in order.

import { describe, expect, it } from 'vitest';
import type { Actor } from '../../src/registry/registration.ts';
import type { FeedQuestion } from '../../src/registry/registry.ts';
import {
  actor,
  CHAIRS,
  codeOf,
  type Fixture,
  LAMPS,
  named,
  newEnterprise,
  one,
  openFixture,
  put,
  WRITE,
} from './fixture.ts';

const ALL: FeedQuestion = { after: 0, limit: 1000, prefix: null };

/** Names of the entries, row by row. */
async function names(f: Fixture, who: Actor, more: Partial<FeedQuestion> = {}): Promise<string[]> {
  const { rows } = await f.feed.read(who, { ...ALL, ...more });
  return rows.map((row) => row.entries.map((entry) => `${entry.action} ${entry.name}`).join(', '));
}

/** The feed page by page, from the beginning. */
async function pages(f: Fixture, who: Actor, limit: number): Promise<number[]> {
  const sequences: number[] = [];
  for (let after = 0; ; ) {
    const page = await f.feed.read(who, { after, limit, prefix: null });
    expect(page.rows.length).toBeLessThanOrEqual(limit);
    sequences.push(...page.rows.map((row) => row.sequence));
    after = page.position;
    if (!page.more) return sequences;
  }
}

describe('the change feed', () => {
  it('has everything for operators and reviewers', async () => {
    const f = await openFixture();
    await f.directory.createPrincipal(f.operator, { name: 'x', role: 'reader', scope: CHAIRS });
    await one(f, f.chairs, put(`${CHAIRS}/A`));
    for (const who of [f.operator, f.reviewer]) {
      const told = await names(f, who);
      expect(told.slice(-2)).toEqual([expect.stringMatching(/^created p_/), `created ${CHAIRS}/A`]);
      expect(told).toContain(`created ${LAMPS}`);
    }
    const { rows } = await f.feed.read(f.operator, ALL);
    expect(rows.at(-1)).toMatchObject({
      principalId: f.chairs.principal.id,
      requestId: 'request-1',
      at: f.clock.nowMs,
    });
  });

  it('has for an enterprise its own prefixes alone, also in a row that touches others', async () => {
    const f = await openFixture();
    const both = [put(`${CHAIRS}/A`), put(`${LAMPS}/A`), put(`${CHAIRS}.7/A`)];
    await f.identifiers.register(f.operator, both, WRITE);
    await f.directory.createEnterprise(f.operator, newEnterprise({ prefix: `${CHAIRS}9` }));
    await one(f, f.operator, put(`${CHAIRS}9/A`));
    await f.directory.createPrincipal(f.operator, { name: 'x', role: 'reader', scope: CHAIRS });
    const own = [`created ${CHAIRS}`, `created ${CHAIRS}/A, created ${CHAIRS}.7/A`];
    for (const who of [f.chairs, f.reader]) expect(await names(f, who)).toEqual(own);
    expect(await names(f, f.lamps)).toEqual([`created ${LAMPS}`, `created ${LAMPS}/A`]);
    const everywhere = await names(f, actor('reader', null));
    expect(everywhere).toContain(`created ${CHAIRS}/A, created ${LAMPS}/A, created ${CHAIRS}.7/A`);
    expect(everywhere.join()).not.toContain('p_');
  });

  it('narrows to a prefix that the reader reaches', async () => {
    const f = await openFixture();
    for (const prefix of [CHAIRS, `${CHAIRS}.7`, LAMPS]) await one(f, f.operator, put(`${prefix}/A`));
    expect(await names(f, f.chairs, { prefix: `${CHAIRS}.7` })).toEqual([`created ${CHAIRS}.7/A`]);
    expect(await names(f, f.operator, { prefix: LAMPS })).toEqual([`created ${LAMPS}`, `created ${LAMPS}/A`]);
    expect(await codeOf(names(f, f.chairs, { prefix: LAMPS }))).toBe('FORBIDDEN');
    expect(await codeOf(names(f, f.chairs, { prefix: '88.118' }))).toBe('FORBIDDEN');
    expect(await codeOf(names(f, f.chairs, { prefix: 'a/b' }))).toBe('INVALID_PREFIX');
  });

  it('follows a prefix to its new holder', async () => {
    const f = await openFixture();
    await one(f, f.chairs, put(`${CHAIRS}/A`));
    await f.directory.transferEnterprise(f.operator, CHAIRS, LAMPS, null);
    expect(await names(f, f.chairs)).toEqual([]);
    expect(await names(f, f.lamps)).toEqual([
      `created ${CHAIRS}`,
      `created ${LAMPS}`,
      `created ${CHAIRS}/A`,
      `updated ${CHAIRS}`,
    ]);
    expect(await codeOf(names(f, f.chairs, { prefix: CHAIRS }))).toBe('FORBIDDEN');
    expect(await names(f, f.lamps, { prefix: CHAIRS })).toHaveLength(3);
  });

  it('is read in pages of any size without a gap or a repeat', async () => {
    const f = await openFixture();
    for (let i = 0; i < 60; i++) await one(f, f.operator, put(`${i % 3 === 0 ? CHAIRS : LAMPS}/N${i}`));
    const own = (await f.feed.read(f.chairs, ALL)).rows.map((row) => row.sequence);
    expect(own).toHaveLength(21);
    for (const limit of [1, 7, 20, 21, 22, 500]) {
      expect(await pages(f, f.chairs, limit)).toEqual(own);
      expect(await pages(f, f.operator, limit)).toEqual(Array.from({ length: 62 }, (_, i) => i + 1));
    }
  });

  it('ends a page early rather than make it huge', async () => {
    const f = await openFixture();
    for (let round = 0; round < 5; round++) {
      const batch = Array.from({ length: 6000 }, (_, i) => put(`${CHAIRS}/N${i}`, named(`round ${round}`)));
      await f.identifiers.register(f.chairs, batch, WRITE);
    }
    const page = await f.feed.read(f.chairs, ALL);
    expect(page).toMatchObject({ more: true });
    expect(page.rows.length).toBeLessThan(6);
    expect(await pages(f, f.chairs, 1000)).toHaveLength(6);
  });

  it('moves on over what the reader may not see, so that it need not be looked at again', async () => {
    const f = await openFixture();
    for (let i = 0; i < 20; i++) await one(f, f.lamps, put(`${LAMPS}/N${i}`));
    const { rows, position } = await f.feed.read(f.chairs, ALL);
    expect([rows.length, position]).toEqual([1, f.store.stats().sequence]);
    await one(f, f.chairs, put(`${CHAIRS}/A`));
    expect(await names(f, f.chairs, { after: position })).toEqual([`created ${CHAIRS}/A`]);
  });

  it('refuses a place that the log does not have: it belongs to another one', async () => {
    const f = await openFixture();
    const { sequence } = f.store.stats();
    expect(await names(f, f.operator, { after: sequence })).toEqual([]);
    expect(await codeOf(names(f, f.operator, { after: sequence + 1 }))).toBe('INVALID_REQUEST');
  });
});

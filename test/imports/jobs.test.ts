// Import jobs from file to end: what they register, what they refuse and where, and that again changes nothing.

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runJobs } from '../../src/imports/import-runner.ts';
import { CHAIRS, inPieces, line, linesOf, openWorld, PLAIN, recordsOf, type World } from './world.ts';

let world: World;
beforeEach(async () => {
  world = await openWorld();
});
afterEach(() => world.remove());

describe('a file of NDJSON', () => {
  it('is registered, and again changes nothing', async () => {
    const file = linesOf(line('b'), line('a'), '', line('c'));
    const job = await world.run(file);
    expect(job).toMatchObject({
      state: 'done',
      counts: { rows: 3, created: 3, refused: 0 },
      reason: null,
      progress: null,
    });
    const before = await recordsOf(world);
    expect(before).toHaveLength(3);
    const again = await world.run(file);
    expect(again.counts).toMatchObject({ rows: 3, created: 0, unchanged: 3, refused: 0 });
    expect(await recordsOf(world)).toEqual(before);
    expect(Object.fromEntries(world.observed)).toEqual({ created: 3, unchanged: 3 });
  });

  it('may have parents behind their children, four levels deep', async () => {
    const file = linesOf(
      line('A-item', { parent: `${CHAIRS}/B-batch` }),
      line('B-batch', { parent: `${CHAIRS}/C-model` }),
      line('C-model', { parent: `${CHAIRS}/Z-family` }),
      line('Z-family'),
    );
    const job = await world.run(file);
    expect(job.counts).toMatchObject({ created: 4, refused: 0 });
    expect((await world.run(file)).counts).toMatchObject({ unchanged: 4 });
  });

  it('names the row whose parent there is not, and the rest goes on', async () => {
    const job = await world.run(
      linesOf(line('a', { parent: `${CHAIRS}/none` }), line('b', { parent: `${CHAIRS}/c` }), line('c')),
    );
    expect(job).toMatchObject({ state: 'done', counts: { created: 2, refused: 1 } });
    const [problem] = await world.report(job.id);
    expect(problem).toMatch(/^1,\/parent,88\.118\.10001\/a,INVALID_PARENT,上级标识无效 \/ /);
  });

  it('names each row that is broken or refused, in order of the file, with the place and how to mend it', async () => {
    const file = linesOf(
      line('z', { values: [{ index: 2000, type: 'HS_SITE', data: 'x' }] }),
      '{"handle": "88.118.10001/x", "values": [}',
      line('a'),
      '{"handle":"88.118.10001/y"}',
      JSON.stringify({ handle: '88.118.10002/foreign', values: [] }),
      line('half').slice(0, 20),
    );
    const job = await world.run(file);
    expect(job.counts).toMatchObject({ rows: 6, created: 1, refused: 5 });
    const lines = await world.report(job.id);
    expect(lines.map((row) => row.split(',')[0])).toEqual(['1', '2', '4', '5', '6']);
    expect(lines[0]).toContain('FORBIDDEN');
    expect(lines[1]).toMatch(/^2,"?.*INVALID_REQUEST.*该行格式有误 \/ The row is malformed/);
    expect(lines[3]).toMatch(/5,.*88\.118\.10002\/foreign,FORBIDDEN,.*使用该前缀所属企业的密钥/);
  });

  it('lets the first of equal identifiers count, however their prefix is spelled', async () => {
    const job = await world.run(linesOf(line('a'), line('b'), line('a', { parent: `${CHAIRS}/b` }), line('a')));
    expect(job.counts).toMatchObject({ created: 2, refused: 2 });
    const lines = await world.report(job.id);
    expect(lines[0]).toMatch(/^3,.*ALREADY_EXISTS.*Line 1 of this file has the same identifier/);
    expect(lines[1]).toMatch(/^4,/);
    expect((await world.run(linesOf(line('a'), line('b')))).counts).toMatchObject({ unchanged: 2 });
  });
});

describe('choices', () => {
  it('create refuses what exists, update what does not', async () => {
    await world.run(linesOf(line('a')));
    const created = await world.run(linesOf(line('a'), line('b')), { mode: 'create' });
    expect(created.counts).toMatchObject({ created: 1, refused: 1 });
    const changed = line('a', { values: [] });
    const updated = await world.run(linesOf(changed, line('c')), { mode: 'update' });
    expect(updated.counts).toMatchObject({ updated: 1, refused: 1 });
  });

  it('a dry run says what would come of each row, parents of the file included, and changes nothing', async () => {
    const file = linesOf(
      line('a-item', { parent: `${CHAIRS}/b` }),
      line('b', { parent: `${CHAIRS}/c` }),
      line('c'),
      line('d', { parent: `${CHAIRS}/none` }),
    );
    const job = await world.run(file, { dryRun: true });
    expect(job).toMatchObject({ state: 'done', counts: { created: 3, refused: 1 } });
    expect(await recordsOf(world)).toEqual([]);
    expect((await world.report(job.id))[0]).toMatch(/^4,/);
  });

  it('stopping at the first refusal, nothing is written, whichever stage finds it', async () => {
    const malformed = await world.run(linesOf(line('a'), '{', line('b')), { onError: 'stop' });
    expect(malformed).toMatchObject({ state: 'stopped', counts: { refused: 1, created: 0 } });
    expect(malformed.reason).toContain('nothing was written');
    const foreign = JSON.stringify({ handle: '88.118.10002/foreign', values: [] });
    const refused = await world.run(linesOf(line('a'), line('b'), foreign), { onError: 'stop' });
    expect(refused).toMatchObject({ state: 'stopped', counts: { rows: 3, created: 0, refused: 1 } });
    expect(await world.report(refused.id)).toHaveLength(1);
    expect(await recordsOf(world)).toEqual([]);
    const good = await world.run(linesOf(line('a'), line('b')), { onError: 'stop' });
    expect(good).toMatchObject({ state: 'done', counts: { created: 2 } });
  });

  it('the parent of the file is that of rows that name none', async () => {
    const file = linesOf(
      line('model', { parent: null }),
      line('batch', { parent: `${CHAIRS}/model` }),
      line('a'),
      line('b', { parent: null }),
    );
    await world.run(file, { parent: `${CHAIRS}/batch` });
    const records = await world.fixture.store.list(CHAIRS as never, null, 10);
    expect(records.map(({ handle, parent }) => [handle.slice(12), parent?.slice(12)])).toEqual([
      ['/a', '/batch'],
      ['/b', undefined],
      ['/batch', '/model'],
      ['/model', undefined],
    ]);
  });
});

describe('jobs', () => {
  it('are seen by their principal, its enterprise and operators, by nobody else', async () => {
    const { id } = await world.submit(linesOf(line('a')));
    expect(world.woken.count).toBe(1);
    const { service, fixture } = world;
    for (const who of [world.enterprise, fixture.chairs, world.operator, fixture.reviewer]) {
      expect(service.list(who, null, 10).map((job) => job.id)).toEqual([id]);
    }
    expect(service.list(fixture.lamps, null, 10)).toEqual([]);
    expect(() => service.read(fixture.lamps, id)).toThrow('There is no such import');
    expect(() => service.cancel(fixture.reviewer, id)).toThrow('may not import');
  });

  it('are cancelled while they wait, and not when they are over', async () => {
    const { id } = await world.submit(linesOf(line('a')));
    world.service.cancel(world.enterprise, id);
    await runJobs(world.context);
    expect(world.service.read(world.enterprise, id)).toMatchObject({ state: 'cancelled', counts: { created: 0 } });
    expect(() => world.service.cancel(world.enterprise, id)).toThrow('is over');
  });

  it('end when their principal may act no more', async () => {
    const { id } = await world.submit(linesOf(line('a')));
    await world.fixture.directory.setPrincipalState(world.fixture.operator, world.enterprise.principal.id, 'disabled');
    await runJobs(world.context);
    expect(world.service.read(world.operator, id)).toMatchObject({ state: 'failed', code: 'FORBIDDEN' });
  });

  it('are not begun for who may write nothing, for no file and for half a file', async () => {
    const { service, fixture } = world;
    const body = { chunks: inPieces('{}'), declaredBytes: null };
    await expect(service.submit(fixture.reader, PLAIN, body)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    const empty = { chunks: inPieces(''), declaredBytes: null };
    await expect(service.submit(fixture.chairs, PLAIN, empty)).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
    const half = { chunks: inPieces(line('a')), declaredBytes: 1000 };
    await expect(service.submit(fixture.chairs, PLAIN, half)).rejects.toThrow('send the file again');
    const large = { chunks: inPieces(line('a')), declaredBytes: 50_000_001 };
    await expect(service.submit(fixture.chairs, PLAIN, large)).rejects.toMatchObject({ code: 'PAYLOAD_TOO_LARGE' });
    expect(world.files.ids()).toEqual([]);
  });
});

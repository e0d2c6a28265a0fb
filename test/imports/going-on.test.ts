// Import jobs that are interrupted, kept waiting or given up: what is done once is not done again, and not counted twice.

import { afterEach, expect, it } from 'vitest';
import { HandleError } from '../../src/domain/error.ts';
import { hasOpenJobs, noteCrash, runJobs, sweepJobs } from '../../src/imports/import-runner.ts';
import { ImportService } from '../../src/imports/import-service.ts';
import type { JobState } from '../../src/imports/job.ts';
import { seededBytes } from '../registry/fixture.ts';
import { CHAIRS, inPieces, line, linesOf, openWorld, PLAIN, recordsOf, type World } from './world.ts';

const ROWS = 4500;

let world: World;
afterEach(() => world.remove());

function file(): string {
  const rows = Array.from({ length: ROWS }, (_, i) => {
    const number = String((i * 7919) % ROWS).padStart(5, '0');
    return line(number, i % 2 === 0 ? {} : { parent: `${CHAIRS}/MODEL` });
  });
  return linesOf(...rows, line('MODEL'), line('00001'));
}

it('left off at any call, a job goes on and ends as if it had not been', async () => {
  world = await openWorld();
  const calm = await world.run(file());
  const expected = { counts: calm.counts, report: await world.report(calm.id), records: await recordsOf(world) };
  expect(expected.counts).toMatchObject({ created: ROWS + 1, refused: 1 });
  for (const calls of [1, 2, 4]) {
    world.remove();
    world = await openWorld();
    const { commits } = world.fixture;
    const { id } = await world.submit(file());
    commits.count = 0;
    // The checkpoint is a second old by then, or the first: what came after it is in the change log alone.
    await runJobs({ ...world.context, isStopping: () => commits.count >= calls });
    expect(world.service.read(world.enterprise, id).state).toBe('writing');
    await runJobs(world.context);
    expect(world.service.read(world.enterprise, id).counts).toEqual(expected.counts);
    expect(await world.report(id)).toEqual(expected.report);
    expect(await recordsOf(world)).toEqual(expected.records);
  }
});

it('waits while the store takes no writes, and goes on by itself', async () => {
  world = await openWorld();
  const states: JobState[] = [];
  let refusals = 2;
  const { register, read } = world.context.identifiers;
  const identifiers = {
    read: read.bind(world.context.identifiers),
    register: async (...given: Parameters<typeof register>) => {
      if (refusals-- > 0) throw new HandleError('STORE_READ_ONLY', 'The disk is full.');
      return register.apply(world.context.identifiers, given);
    },
  };
  const { id } = await world.submit(linesOf(line('a')));
  const sleep = async (): Promise<void> => void states.push(world.service.read(world.enterprise, id).state);
  await runJobs({ ...world.context, identifiers, sleep });
  expect(states).toEqual(['waiting', 'waiting']);
  expect(world.service.read(world.enterprise, id)).toMatchObject({
    state: 'done',
    counts: { created: 1 },
    reason: null,
  });
});

it('is given up when its thread has died of it again and again', async () => {
  world = await openWorld();
  const { id } = await world.submit(linesOf(line('a')));
  noteCrash(world.files);
  expect(world.files.load(id)?.crashes).toBe(0); // it had not begun, so it was another's fault
  const job = world.files.load(id);
  if (job !== null) world.files.save({ ...job, state: 'checking' });
  for (let death = 1; death <= 3; death++) noteCrash(world.files);
  await runJobs(world.context);
  expect(world.service.read(world.enterprise, id)).toMatchObject({ state: 'failed', code: 'INTERNAL' });
  expect(await recordsOf(world)).toEqual([]);
});

it('is forgotten with its report when it is old, and not while it runs', async () => {
  world = await openWorld();
  const done = await world.run(linesOf(line('a')));
  const { id } = await world.submit(linesOf(line('b')));
  sweepJobs(world.files, done.endedAt ?? 0);
  expect(world.files.ids()).toEqual([done.id, id]);
  sweepJobs(world.files, Number.MAX_SAFE_INTEGER);
  expect(world.files.ids()).toEqual([id]);
  expect(hasOpenJobs(world.files)).toBe(true);
});

it('is not begun where the disk has no room for it, and nothing of the file is kept', async () => {
  world = await openWorld();
  const service = new ImportService({
    directory: `${world.files.path('x', 'y')}-apart`,
    limits: { fileBytes: 1e9, freeBytes: Number.MAX_SAFE_INTEGER },
    clock: () => 0,
    randomBytes: seededBytes(),
    wake() {},
  });
  const body = { chunks: inPieces(line('a')), declaredBytes: null };
  await expect(service.submit(world.enterprise, PLAIN, body)).rejects.toMatchObject({ code: 'STORE_READ_ONLY' });
  expect(service.list(world.enterprise, null, 10)).toEqual([]);
});

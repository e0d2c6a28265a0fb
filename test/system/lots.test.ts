// Lots over several workers: registered, extended, changed, divided, recalled, revoked, closed. What was acknowledged shows
// in the next answer for any code, whichever worker is asked.

import { afterAll, beforeAll, expect, it } from 'vitest';
import { identifierPath, newEnterprise, recordOf, textAt, textValue } from './enterprise.ts';
import {
  Connection,
  freePort,
  type JsonAnswer,
  operatorToken,
  type RunningNode,
  startNode,
  temporaryDirectory,
} from './node.ts';

const WORKERS = 3;
/** The system spreads connections over the workers that share the port: this many reach them all. */
const CONNECTIONS = 18;
const ROUNDS = 6;
const RECALL_INDEX = 1002;
const [SERIAL, MODEL] = [2010, 2000];

const directory = temporaryDirectory();
let node: RunningNode;
let writer: Connection;
let readers: readonly Connection[];
let prefix: string;

beforeAll(async () => {
  node = await startNode({ directory: directory.path, port: await freePort(), workers: WORKERS });
  writer = new Connection(node.url, operatorToken(directory.path));
  readers = Array.from({ length: CONNECTIONS }, () => new Connection(node.url, null));
  prefix = await newEnterprise(writer);
});
afterAll(async () => {
  await Promise.all([writer, ...readers].map((connection) => connection.close()));
  await node?.stop();
  directory.remove();
});

async function write(method: 'PUT' | 'POST' | 'PATCH' | 'DELETE', path: string, body?: object): Promise<JsonAnswer> {
  const answer = await writer.ask(method, path, body);
  expect(answer.status, answer.text).toBeLessThan(300);
  return answer;
}

/** Everybody asks for every code at once. */
async function seen<T>(codes: readonly string[], show: (answer: JsonAnswer) => T): Promise<readonly T[]> {
  const asked = readers.flatMap((reader) => codes.map((code) => reader.ask('GET', `/api/handles/${code}`)));
  const shown = (await Promise.all(asked)).map(show);
  return [...new Set(shown.map((one) => JSON.stringify(one)))].map((one) => JSON.parse(one) as T);
}

const status = (answer: JsonAnswer): number => answer.status;
const texts = ({ body }: JsonAnswer): readonly (string | null)[] =>
  [MODEL, SERIAL, RECALL_INDEX].map((index) => textAt(body, index));

/** The codes of these serials, as the label printer gets them. */
async function codesOf(lot: string, ...serials: readonly number[]): Promise<readonly string[]> {
  const lines = await Promise.all(
    serials.map(async (serial) => {
      const { text } = await writer.ask('GET', `/v1/lots/${lot}/codes?from=${serial}&to=${serial}`);
      return text.split('\r\n')[1]?.split(',')[1] ?? '';
    }),
  );
  return lines;
}

it('show what became of them in the next answer, at any worker', { timeout: 60_000 }, async () => {
  for (let round = 0; round < ROUNDS; round++) {
    const model = `${prefix}/MODEL-${round}`;
    await write('PUT', identifierPath(model), recordOf('chair'));
    const shape = { prefix, head: `R${round}-`, width: 6, from: 1, to: 1000, parent: model };
    const values = [textValue(SERIAL, 'SN {serial}')];

    // Without a check tag, codes are known before there is a lot: every worker has found them absent.
    const bare = [7, 600].map((serial) => `${prefix}/bare${round}-${String(serial).padStart(6, '0')}`);
    expect(await seen(bare, status)).toEqual([404]);
    await write('POST', '/v1/lots', { ...shape, head: `bare${round}-`, tagLength: 0, to: 500, values });
    expect(await seen(bare.slice(0, 1), texts)).toEqual([['chair', 'SN 000007', null]]);
    expect(await seen(bare.slice(1), status)).toEqual([404]);

    const made = await write('POST', '/v1/lots', { ...shape, values });
    const lot = made.body?.id as string;
    const [early, late] = (await codesOf(lot, 10, 990)) as [string, string];
    const forged = `${early.slice(0, -1)}${early.endsWith('3') ? '4' : '3'}`;
    expect(await seen([early], texts)).toEqual([['chair', 'SN 000010', null]]);
    expect(await seen([forged], status)).toEqual([404]);

    await write('POST', `/v1/lots/${lot}/extend`, { to: 2000 });
    const [added] = (await codesOf(lot, 1999)) as [string];
    expect(await seen([added], texts)).toEqual([['chair', 'SN 001999', null]]);
    await write('PATCH', `/v1/lots/${lot}`, { values: [textValue(SERIAL, 'No. {serial}')] });
    expect(await seen([early], texts)).toEqual([['chair', 'No. 000010', null]]);
    await write('PUT', identifierPath(model), recordOf('armchair'));
    expect(await seen([early], texts)).toEqual([['armchair', 'No. 000010', null]]);

    await write('POST', `${identifierPath(model)}/recall`, { reason: 'hinge', notice: 'stop' });
    expect(await seen([early], texts)).toEqual([['armchair', 'No. 000010', 'stop']]);
    await write('DELETE', `${identifierPath(model)}/recall`);
    expect(await seen([early], texts)).toEqual([['armchair', 'No. 000010', null]]);

    // Written to, a code is a record of its own, and a code again when that is deleted.
    await write('PUT', identifierPath(early), { values: [textValue(SERIAL, 'mended')] });
    expect(await seen([early], texts)).toEqual([['armchair', 'mended', null]]);
    await write('DELETE', `/api/handles/${early}`);
    expect(await seen([early], texts)).toEqual([['armchair', 'No. 000010', null]]);

    const { body } = await write('POST', `/v1/lots/${lot}/split`, { at: 901 });
    const part = (body?.part as { readonly id: string }).id;
    expect(await seen([early, late, added], status)).toEqual([200]);
    await write('POST', `/v1/lots/${part}/revoke`, { reason: 'wrong board' });
    expect(await seen([late, added], status)).toEqual([404]);
    expect(await seen([early], status)).toEqual([200]);
    const [last] = (await codesOf(lot, 900)) as [string];
    expect(await seen([last], status)).toEqual([200]);
    await write('POST', `/v1/lots/${lot}/close`, { to: 899 });
    expect(await seen([last], status)).toEqual([404]);
    expect(await seen([early], status)).toEqual([200]);
  }
});

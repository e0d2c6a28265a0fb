// Guessing is bounded by client network; hits are answered whatever the budget.

import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { TokenBudget } from '../../src/domain/token-budget.ts';
import { createClientNetwork } from '../../src/http-server/client-network.ts';
import { CHAIRS, type DoorSettings, type OpenDoor, openDoor } from './door.ts';
import { NAME, register } from './registering.ts';

let door: OpenDoor;
afterEach(() => door?.close());

async function openWithBudget(missBurst: number, options: DoorSettings['options'] = {}): Promise<void> {
  door = await openDoor({ limits: { missesPerSecond: 1, missBurst }, options });
  await register(door, { handle: `${CHAIRS}/KNOWN`, values: [NAME] });
}

const guess = (more = '', headers = {}) => door.ask('GET', `/api/handles/${CHAIRS}/GUESS${more}`, { headers });
const known = (more = '') => door.ask('GET', `/api/handles/${CHAIRS}/KNOWN${more}`);

describe('a network that guesses', () => {
  it('gets 429 after its budget, and hits as before', async () => {
    await openWithBudget(2);
    expect((await guess()).status).toBe(404);
    expect((await guess('1')).status).toBe(404);
    const told = await guess('2');
    expect(told).toMatchObject({ status: 429, json: { responseCode: 3 }, headers: { 'retry-after': '1' } });
    expect((await known()).status).toBe(200);
    expect(door.seen.refused).toEqual(['rate-limit']);
  });

  it('is let in again as time passes', async () => {
    await openWithBudget(1);
    expect((await guess()).status).toBe(404);
    expect((await guess()).status).toBe(429);
    door.clock.nowMs += 1000;
    expect((await guess()).status).toBe(404);
    expect((await guess()).status).toBe(429);
  });

  it('pays at every door', async () => {
    await openWithBudget(1);
    await guess();
    const batch = await door.ask('POST', '/v1/resolve', { json: [`${CHAIRS}/GUESS`, `${CHAIRS}/KNOWN`] });
    expect(batch.json).toMatchObject([{ responseCode: 3 }, { responseCode: 1 }]);
    expect((await door.ask('GET', `/${CHAIRS}/GUESS`, { headers: { accept: 'text/html' } })).status).toBe(429);
  });

  it('pays for passing by the caches, before it is asked', async () => {
    await openWithBudget(1);
    expect((await known('?auth=true')).status).toBe(200);
    expect((await known('?auth=true')).status).toBe(429);
    expect((await known()).status).toBe(200);
  });

  it('pays for asking after private values without a key', async () => {
    await openWithBudget(1);
    expect((await known('?publicOnly=false')).status).toBe(403);
    expect((await known('?publicOnly=false')).status).toBe(429);
  });

  it('is anyone without a key: who shows one is known', async () => {
    await openWithBudget(1);
    for (let i = 0; i < 3; i++) {
      const told = await door.ask('GET', `/api/handles/${CHAIRS}/GUESS`, { key: door.chairs });
      expect(told.status).toBe(404);
      const batch = await door.ask('POST', '/v1/resolve', { key: door.chairs, json: [`${CHAIRS}/GUESS`] });
      expect(batch.json).toMatchObject([{ responseCode: 100 }]);
    }
  });

  it('cannot forge its address, unless a configured proxy says it', async () => {
    await openWithBudget(1);
    await guess('', { 'x-forwarded-for': '1.1.1.1' });
    expect((await guess('', { 'x-forwarded-for': '2.2.2.2' })).status).toBe(429);
    await door.close();
    await openWithBudget(1, { trustedProxies: ['127.0.0.1'] });
    await guess('', { 'x-forwarded-for': '1.1.1.1' });
    expect((await guess('', { 'x-forwarded-for': '2.2.2.2' })).status).toBe(404);
    expect((await guess('', { 'x-forwarded-for': '2.2.2.2, 1.1.1.9' })).status).toBe(429);
  });
});

describe('the network of a client', () => {
  const networkOf = createClientNetwork(['10.0.0.0/8', 'fd00::/8']);

  function from(address: string, forwarded?: string): string {
    const request = new IncomingMessage(new Socket());
    Object.defineProperty(request.socket, 'remoteAddress', { value: address });
    if (forwarded !== undefined) request.headers['x-forwarded-for'] = forwarded;
    return networkOf(request);
  }

  it.each([
    ['192.0.2.1', '192.0.2.200', '192.0.3.1'],
    ['2001:db8:1::1', '2001:db8:1:ffff::1', '2001:db8:2::1'],
    ['::ffff:192.0.2.1', '192.0.2.7', '::ffff:192.0.3.1'],
    ['::1', '::2', '1::'],
  ])('%s is that of %s, not of %s', (address, neighbour, stranger) => {
    expect(from(address)).toBe(from(neighbour));
    expect(from(address)).not.toBe(from(stranger));
  });

  it('is the last address that no proxy of ours wrote', () => {
    expect(from('10.1.1.1', '9.9.9.9, 192.0.2.1, 10.2.2.2')).toBe(from('192.0.2.1'));
    expect(from('fd00::1', '192.0.2.1')).toBe(from('192.0.2.1'));
    expect(from('10.1.1.1', 'nonsense')).toBe(from('10.1.1.1'));
    expect(from('192.0.2.1', '9.9.9.9')).toBe(from('192.0.2.1'));
  });

  it('cannot be told from a proxy that is no address', () => {
    for (const entry of ['proxy.example', '10.0.0.0/33', '10.0.0.0/x', '10.0.0.0/', '10.0.0.0/8/8']) {
      expect(() => createClientNetwork([entry])).toThrow(/trustedProxies/);
    }
  });
});

describe('the budget of misses', () => {
  it('is kept for a bounded number of networks, those that missed last', () => {
    const budget = new TokenBudget({ perSecond: 1, burst: 1, clock: () => 0 });
    budget.take('first');
    for (let i = 0; i < 65_535; i++) budget.take(`network ${i}`);
    expect(budget.take('network 65534')).toBe(1);
    expect(budget.take('first')).toBe(1);
    budget.take('one more');
    budget.take('and another');
    expect(budget.take('network 0')).toBe(0);
  });

  it('does not grow when the clock steps back', () => {
    let nowMs = 10_000;
    const budget = new TokenBudget({ perSecond: 1, burst: 1, clock: () => nowMs });
    expect(budget.take('a')).toBe(0);
    nowMs = 0;
    expect(budget.take('a')).toBe(1);
  });
});

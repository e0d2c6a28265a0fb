// `/v1/enterprises`, `/v1/principals`, `/v1/keys`, `/v1/me`, and what operators watch.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHAIRS, type OpenDoor, openDoor } from './door.ts';

let door: OpenDoor;
beforeAll(async () => {
  door = await openDoor();
});
afterAll(() => door.close());

const operator = (method: string, path: string, json?: unknown, headers: Record<string, string> = {}) =>
  door.ask(method, path, { key: door.operator, headers, ...(json === undefined ? {} : { json }) });

describe('enterprises', () => {
  it('get the next prefix, move through their states, and are listed by pages', async () => {
    const created = await operator('POST', '/v1/enterprises', { name: '灯饰厂' });
    expect(created).toMatchObject({ status: 201, json: { name: '灯饰厂', state: 'pending', revision: 1 } });
    const path = `/v1/enterprises/${created.json.prefix}`;
    expect(created.headers).toMatchObject({ location: path, etag: '"r1"' });
    expect(await operator('GET', path)).toMatchObject({ status: 200, json: created.json });
    const active = await operator('PATCH', path, { state: 'active' }, { 'if-match': '"r1"' });
    expect(active).toMatchObject({ status: 200, headers: { etag: '"r2"' }, json: { state: 'active' } });
    expect(await operator('PATCH', path, { name: 'x' }, { 'if-match': '"r1"' })).toMatchObject({ status: 412 });
    expect(await operator('PATCH', path, { state: 'pending' })).toMatchObject({ json: { code: 'INVALID_STATE' } });

    const first = await operator('GET', '/v1/enterprises?limit=2');
    expect(first.json).toMatchObject({ items: [{ prefix: CHAIRS }, { name: 'Lamps' }] });
    const second = await operator('GET', `/v1/enterprises?limit=2&after=${first.json.next}`);
    expect(second.json).toMatchObject({ items: [{ name: '灯饰厂' }], next: null });
  });

  it.each([
    ['no name', {}, 'name'],
    ['an empty name', { name: '' }, '/name'],
    ['unknown members', { name: 'x', colour: 1 }, '/colour'],
    ['wrong types', { name: 7, quota: 'many' }, '/quota'],
    ['an impossible state', { name: 'x', state: 'closed' }, '"pending", "active"'],
    ['a poisoned prototype', JSON.parse('{"name":"x","__proto__":{"state":"active"}}'), '/__proto__'],
    ['no object', 'x', 'the body'],
  ])('are refused with %s', async (_name, json, named) => {
    const told = await operator('POST', '/v1/enterprises', json);
    expect(told).toMatchObject({ status: 400, json: { code: 'INVALID_REQUEST' } });
    expect(told.json.detail).toContain(named);
  });

  it('give their prefix to another, and get it back', async () => {
    const { prefix } = (await operator('POST', '/v1/enterprises', { name: '旧厂', state: 'active' })).json;
    const path = `/v1/enterprises/${prefix}/transfer`;
    const given = await operator('POST', path, { to: CHAIRS }, { 'if-match': '"r1"' });
    expect(given).toMatchObject({ status: 200, headers: { etag: '"r2"' }, json: { prefix, holder: CHAIRS } });
    expect(await door.ask('GET', `/v1/enterprises/${prefix}`, { key: door.chairs })).toMatchObject({ status: 200 });
    expect(await operator('POST', path, { to: null }, { 'if-match': '"r1"' })).toMatchObject({ status: 412 });
    expect(await operator('POST', path, { to: null })).toMatchObject({ status: 200, json: { holder: null } });
    expect(await operator('POST', path, {})).toMatchObject({ status: 400, json: { code: 'INVALID_REQUEST' } });
    expect(await door.ask('POST', path, { key: door.chairs, json: { to: CHAIRS } })).toMatchObject({ status: 403 });
    expect(await door.ask('GET', `/v1/enterprises/${prefix}`, { key: door.chairs })).toMatchObject({ status: 403 });
  });

  it('are the operator’s to make', async () => {
    const told = await door.ask('POST', '/v1/enterprises', { key: door.chairs, json: { name: 'x' } });
    expect(told).toMatchObject({ status: 403, json: { code: 'FORBIDDEN' } });
  });

  it('are not listed beyond the largest page', async () => {
    for (const query of ['limit=0', 'limit=1001', 'limit=x', 'before=a', 'limit=1&limit=2']) {
      expect((await operator('GET', `/v1/enterprises?${query}`)).status).toBe(400);
    }
  });
});

describe('keys', () => {
  it('are shown once, and work until they are revoked', async () => {
    const principal = await operator('POST', '/v1/principals', { name: 'app', role: 'reader', scope: CHAIRS });
    expect(principal).toMatchObject({ status: 201, json: { role: 'reader', scope: CHAIRS, state: 'active' } });
    const expiresAt = '2027-01-01T00:00:00.000Z';
    const issued = await operator('POST', '/v1/keys', { principalId: principal.json.id, label: 'till', expiresAt });
    expect(issued).toMatchObject({ status: 201, json: { label: 'till', expiresAt, revokedAt: null } });
    const token = String(issued.json.token);
    expect(token).toMatch(/^jb_/);
    expect(issued.json).not.toHaveProperty('tokenHash');
    expect((await door.ask('GET', '/v1/me', { key: token })).json).toMatchObject({ name: 'app' });

    const rotated = await operator('POST', `/v1/keys/${issued.json.id}/rotate`, { graceSeconds: 60 });
    expect(rotated.status).toBe(201);
    for (const key of [token, String(rotated.json.token)]) {
      expect((await door.ask('GET', '/v1/me', { key })).status).toBe(200);
    }
    door.clock.nowMs += 60_001;
    expect((await door.ask('GET', '/v1/me', { key: token })).status).toBe(401);

    const revoked = await operator('DELETE', `/v1/keys/${rotated.json.id}`);
    expect(revoked).toMatchObject({ status: 200, json: { revokedAt: expect.any(String) } });
    expect((await door.ask('GET', '/v1/me', { key: String(rotated.json.token) })).status).toBe(401);

    const listed = await operator('GET', '/v1/keys');
    expect(listed.text).not.toMatch(/token/i);
    expect(listed.text).toContain('till');
  });

  it('of a disabled principal open nothing', async () => {
    const { json } = await operator('POST', '/v1/principals', { name: 'out', role: 'reader' });
    const issued = await operator('POST', '/v1/keys', { principalId: json.id, label: 'x' });
    expect(await operator('PATCH', `/v1/principals/${json.id}`, { state: 'disabled' })).toMatchObject({ status: 200 });
    expect((await door.ask('GET', '/v1/me', { key: String(issued.json.token) })).status).toBe(401);
  });

  it('are refused with a wrong role, instant or principal', async () => {
    expect((await operator('POST', '/v1/principals', { name: 'x', role: 'king' })).status).toBe(400);
    const key = { principalId: 'p_none', label: 'x' };
    expect((await operator('POST', '/v1/keys', { ...key, expiresAt: 'tomorrow' })).json.at).toBe('/expiresAt');
    expect((await operator('POST', '/v1/keys', key)).status).toBe(404);
    expect((await operator('POST', '/v1/keys/k_none/rotate')).status).toBe(404);
  });
});

describe('service', () => {
  it('says that it lives, is ready, and how it does', async () => {
    expect(await door.ask('GET', '/healthz')).toMatchObject({ status: 200, json: { status: 'ok' } });
    expect(await door.ask('GET', '/readyz')).toMatchObject({ status: 200, json: { status: 'ready' } });
    const metrics = await door.ask('GET', '/metrics');
    expect(metrics).toMatchObject({ status: 200, text: 'jiabiao_up 1\n' });
    expect(metrics.headers['content-type']).toMatch(/^text\/plain; version=0.0.4/);
    expect(await door.ask('HEAD', '/readyz')).toMatchObject({ status: 200, text: '' });
  });

  it('says why it is not ready', async () => {
    const waiting = await openDoor({
      options: { readiness: () => ({ status: 'not ready', reasons: ['store: disk full'] }) },
    });
    expect(await waiting.ask('GET', '/readyz')).toMatchObject({ status: 503, json: { reasons: ['store: disk full'] } });
    await waiting.close();
  });

  it('logs each request under its route, and names what was asked for in its path and its denial alone', async () => {
    await door.ask('GET', `/v1/enterprises/${CHAIRS}`, { key: door.operator });
    await expect
      .poll(() => door.seen.log.at(-1))
      .toMatchObject({
        method: 'GET',
        route: '/v1/enterprises/:prefix',
        status: 200,
        principalId: 'operator',
      });
    const named = door.seen.log.map(({ path: _path, denial: _denial, ...rest }) => rest);
    expect(JSON.stringify(named)).not.toContain(CHAIRS);
  });
});

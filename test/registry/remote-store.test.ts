// The write path over a store that answers every read with a promise, as one on another machine does.

import { expect, it } from 'vitest';
import type { Actor } from '../../src/registry/registration.ts';
import type { RegistryStore } from '../../src/store/registry-store.ts';
import { CHAIRS, DRY, openFixture, patch, put, remove, setState, value, WRITE, word, words } from './fixture.ts';
import { putTemplate } from './template-fixture.ts';

function answeringLater(store: RegistryStore): RegistryStore {
  return {
    prefixes: async () => store.prefixes(),
    state: async (handle) => store.state(handle),
    states: async (prefix, after, limit) => store.states(prefix, after, limit),
    get: async (handle) => store.get(handle),
    getMany: async (handles) => store.getMany(handles),
    list: async (prefix, after, limit) => store.list(prefix, after, limit),
    handles: async (prefix, page) => store.handles(prefix, page),
    homes: async () => store.homes(),
    template: async (handle) => store.template(handle),
    templates: async (prefix, after, limit) => store.templates(prefix, after, limit),
    lot: async (id) => store.lot(id),
    findLot: async (handle) => store.findLot(handle),
    lots: async (prefix, after, limit) => store.lots(prefix, after, limit),
    lotVersions: async (id, after, limit) => store.lotVersions(id, after, limit),
    templateVersions: async (handle, after, limit) => store.templateVersions(handle, after, limit),
    children: async (parent, after, limit) => store.children(parent, after, limit),
    history: async (handle, before, limit) => store.history(handle, before, limit),
    enterprise: async (prefix) => store.enterprise(prefix),
    enterprises: async (after, limit) => store.enterprises(after, limit),
    principal: async (id) => store.principal(id),
    principals: async (after, limit) => store.principals(after, limit),
    key: async (id) => store.key(id),
    keyByHash: async (tokenHash) => store.keyByHash(tokenHash),
    keys: async (after, limit) => store.keys(after, limit),
    findByValue: async (question) => store.findByValue(question),
    findByState: async (question) => store.findByState(question),
    changes: async (after, limit, prefix) => store.changes(after, limit, prefix),
    changesWithin: async (scopes, after, limit) => store.changesWithin(scopes, after, limit),
    changeHead: async (sequence) => store.changeHead(sequence),
    counts: async (prefix) => store.counts(prefix),
    statistics: async (query) => store.statistics(query),
    idempotencyResult: async (key, nowMs) => store.idempotencyResult(key, nowMs),
    commit: (request) => store.commit(request),
    stats: () => store.stats(),
    close: () => store.close(),
  };
}

it('registers, authenticates and refuses alike', async () => {
  const f = await openFixture({ wrap: answeringLater });
  const calls = [put(`${CHAIRS}/A`), put(`${CHAIRS}/B`, { parent: `${CHAIRS}/A` }), put('1.2/A')];
  const expected = ['created', 'created', 'NOT_RESPONSIBLE'];
  for (const options of [DRY, WRITE]) {
    expect(words((await f.identifiers.register(f.chairs, calls, options)).results)).toEqual(expected);
  }
  expect(await word(f, f.chairs, patch(`${CHAIRS}/A`, { parent: `${CHAIRS}/B` }), DRY)).toBe('INVALID_PARENT');
  expect(await word(f, f.chairs, remove(`${CHAIRS}/A`))).toBe('INVALID_STATE');

  const principal = await f.directory.createPrincipal(f.operator, { name: 'Wang', role: 'enterprise', scope: CHAIRS });
  const { token, key } = await f.directory.issueKey(f.operator, {
    principalId: principal.id,
    label: 'x',
    expiresAt: null,
  });
  const self: Actor = { principal: await f.authenticator.authenticate(token), requestId: 'r' };
  expect(f.authenticator.authenticate(token)).not.toBeInstanceOf(Promise);
  await setState(f, CHAIRS, 'suspended');
  expect(await word(f, self, put(`${CHAIRS}/C`))).toBe('FORBIDDEN');
  await f.directory.revokeKey(f.operator, key.id);
  await expect(f.authenticator.authenticate(token)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
});

it('holds registrations against their template, with what they inherit, alike', async () => {
  const f = await openFixture({ wrap: answeringLater });
  const template = `${CHAIRS}/META_CHAIR`;
  const required = { kind: 'string', required: true, maxLength: 5 } as const;
  await putTemplate(f, f.chairs, template, [
    { ...required, index: 2000 },
    { ...required, index: 2001 },
  ]);
  await f.identifiers.register(f.chairs, [put(`${CHAIRS}/M`, { values: [value(2000, 'TYPE_2000', 'Chair')] })], WRITE);
  const item = (suffix: string, text: string, parent: string | null) =>
    put(`${CHAIRS}/${suffix}`, { template, parent, values: [value(2001, 'TYPE_2001', text)] });
  const calls = [item('A', 'x', `${CHAIRS}/M`), item('B', 'x', null), item('C', 'sixsix', `${CHAIRS}/M`)];
  for (const options of [DRY, WRITE]) {
    const { results } = await f.identifiers.register(f.chairs, calls, options);
    expect(words(results)).toEqual(['created', 'INVALID_VALUE', 'INVALID_VALUE']);
  }
});

// The bound in bytes, and who gives way.

import { expect, test } from 'vitest';
import { createMemoryCache } from '../../src/cache/memory-cache.ts';

const named = (name: string) => ({ name });

test('gives back what was set, until it is deleted', () => {
  const cache = createMemoryCache<{ name: string }>(10_000);
  const entry = named('a');
  cache.set('a', entry, 600);
  expect(cache.get('a')).toBe(entry);
  expect(cache.get('b')).toBeUndefined();
  cache.delete('a');
  expect(cache.get('a')).toBeUndefined();
  expect([cache.bytes, cache.entries]).toEqual([0, 0]);
});

test('stays within its bytes by giving up what was longest unused', () => {
  const cache = createMemoryCache<{ name: string }>(3000);
  for (const key of ['a', 'b', 'c']) expect(cache.set(key, named(key), 1000)).toBe(0);
  cache.get('a');
  expect(cache.set('d', named('d'), 1000)).toBe(1);
  expect(['a', 'b', 'c', 'd'].filter((key) => cache.get(key))).toEqual(['a', 'c', 'd']);
  expect(cache.set('e', named('e'), 2500)).toBe(3);
  expect(cache.bytes).toBe(2500);
});

test('replaces an entry without counting it as given up', () => {
  const cache = createMemoryCache<{ name: string }>(3000);
  cache.set('a', named('old'), 1000);
  expect(cache.set('a', named('new'), 2000)).toBe(0);
  expect([cache.get('a')?.name, cache.bytes, cache.entries]).toEqual(['new', 2000, 1]);
});

test('does not keep what is larger than itself, nor anything without bytes', () => {
  const cache = createMemoryCache<{ name: string }>(3000);
  cache.set('a', named('a'), 600);
  expect(cache.set('b', named('b'), 3001)).toBe(0);
  expect([cache.get('a')?.name, cache.get('b')]).toEqual(['a', undefined]);
  const none = createMemoryCache<{ name: string }>(0);
  none.set('a', named('a'), 1);
  expect(none.get('a')).toBeUndefined();
});

test('tells of every entry that leaves: given up, replaced or deleted', () => {
  const gone: string[] = [];
  const cache = createMemoryCache<{ name: string }>(1200, (key) => gone.push(key));
  cache.set('a', { name: 'a' }, 600);
  cache.set('a', { name: 'another a' }, 600);
  expect(gone).toEqual(['a']);
  cache.set('b', { name: 'b' }, 600);
  cache.set('c', { name: 'c' }, 600);
  expect(gone).toEqual(['a', 'a']);
  cache.delete('b');
  expect(gone).toEqual(['a', 'a', 'b']);
});

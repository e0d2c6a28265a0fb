// How addresses of clients may be written down.

import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createShowClient } from '../../src/logbook/client-form.ts';
import { keepClientKey } from '../../src/logbook/client-key.ts';

const clock = { nowMs: Date.UTC(2026, 2, 1, 4) };
const now = (): number => clock.nowMs;

it('is plain, or the network', () => {
  expect(createShowClient('plain', '', now)('192.0.2.7')).toBe('192.0.2.7');
  const network = createShowClient('network', '', now);
  expect(network('192.0.2.7')).toBe('192.0.2.0/24');
  expect(network('2001:db8:1:2::7')).toBe('2001:db8:1::/48');
  expect(network('192.0.2.0/24')).toBe('192.0.2.0/24');
});

it('is a pseudonym: the same for a day in China, and never without the key', () => {
  const show = createShowClient('pseudonym', 'a'.repeat(64), now);
  const today = show('192.0.2.7');
  expect(today).toMatch(/^[0-9a-f]{16}$/);
  expect(show('192.0.2.8')).not.toBe(today);
  clock.nowMs += 11 * 3_600_000;
  expect(show('192.0.2.7')).toBe(today);
  expect(createShowClient('pseudonym', 'a'.repeat(64), now)('192.0.2.7')).toBe(today);
  expect(createShowClient('pseudonym', 'b'.repeat(64), now)('192.0.2.7')).not.toBe(today);
  clock.nowMs += 3_600_000;
  expect(show('192.0.2.7')).not.toBe(today);
});

it('has a key that is kept in a file which only its owner reads; without a place, a key for the run', () => {
  const parent = mkdtempSync(join(tmpdir(), 'jiabiao-key-'));
  const directory = join(parent, 'logs');
  const key = keepClientKey(directory);
  expect(key).toMatch(/^[0-9a-f]{64}$/);
  expect(keepClientKey(directory)).toBe(key);
  const [file = ''] = readdirSync(directory);
  expect(statSync(join(directory, file)).mode & 0o777).toBe(0o600);
  writeFileSync(join(parent, 'file'), '');
  expect(keepClientKey(join(parent, 'file'))).not.toBe(key);
  rmSync(parent, { recursive: true });
});

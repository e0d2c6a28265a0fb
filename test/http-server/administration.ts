// What the tests of the Handle API's administration are written with: a door that believes its proxy, administrators with
// secrets, and requests in their name.

import { expect } from 'vitest';
import { parseRegistration } from '../../src/registry/registration-json.ts';
import { type Asked, CHAIRS, type DoorSettings, type OpenDoor, openDoor, type Told } from './door.ts';

export const ADMIN = `${CHAIRS}/ADMIN`;
const ALL = '111111111111';

export interface AdministeredDoor extends OpenDoor {
  /** As whoever `user:secret` names, over TLS that a proxy ends; each request from another network. */
  as(user: string, method: string, path: string, more?: Asked): Promise<Told>;
  /** Registers or replaces a record as the operator. */
  write(handle: string, ...values: object[]): Promise<void>;
}

export async function openAdministered(options: DoorSettings['options'] = {}): Promise<AdministeredDoor> {
  const door = await openDoor({ options: { trustedProxies: ['127.0.0.1'], ...options } });
  let asked = 0;
  return {
    ...door,
    as: (user, method, path, more = {}) => {
      const authorization = `Basic ${Buffer.from(user).toString('base64')}`;
      return door.ask(method, path, {
        ...more,
        headers: {
          authorization,
          'x-forwarded-proto': 'https',
          'x-forwarded-for': `10.${(++asked >> 8) & 255}.${asked & 255}.1`,
          ...more.headers,
        },
      });
    },
    write: async (handle, ...values) => {
      const registration = parseRegistration({ handle, values }, '', { mode: 'upsert' });
      const options = { dryRun: false, idempotency: null };
      const { results } = await door.identifiers.register(door.actor, [registration], options);
      expect(results[0]).toMatchObject({ ok: true });
    },
  };
}

export function secretKey(index: number, secret: string): object {
  return { index, type: 'HS_SECKEY', data: secret, permissions: '1100' };
}

export function admin(index: number, handle: string, keyIndex: number, permissions = ALL): object {
  return { index, type: 'HS_ADMIN', data: { format: 'admin', value: { handle, index: keyIndex, permissions } } };
}

export function group(index: number, ...members: (readonly [handle: string, index: number])[]): object {
  const value = members.map(([handle, at]) => ({ handle, index: at }));
  return { index, type: 'HS_VLIST', data: { format: 'vlist', value } };
}

export function url(index: number, data = 'http://x/'): object {
  return { index, type: 'URL', data };
}

/** The user name and secret of one value of a handle, as HTTP Basic wants them. */
export function user(handle: string, index: number, secret: string): string {
  return `${index}%3A${handle}:${secret}`;
}

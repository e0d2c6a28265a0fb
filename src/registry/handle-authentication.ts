// From a user name and a secret to an administrator: the secret must be that of the HS_SECKEY value the name points at.
// What was verified is remembered under a keyed digest, never as the secret, and only while its record stands.

import { createHmac, timingSafeEqual } from 'node:crypto';
import { type EpochTable, slotOf } from '../cache/epoch-table.ts';
import type { Validity } from '../domain/answer.ts';
import { type ByteString, EMPTY_BYTES } from '../domain/bytes.ts';
import { HandleError } from '../domain/error.ts';
import type { Handle } from '../domain/handle.ts';
import { MAX_REMEMBERED } from '../domain/limits.ts';
import { setNewest } from '../domain/newest.ts';
import type { RecordReader } from '../store/registry-store.ts';
import type { HandleIdentity } from './handle-authority.ts';
import { keysOf } from './handle-keys.ts';
import type { RandomBytes } from './tokens.ts';

/** What a client sends: `index:handle`, or a handle alone, and the bytes of the secret. */
export interface HandleCredential {
  readonly user: string;
  readonly secret: ByteString;
}

export interface HandleAuthenticator {
  /** The administrator, if this very secret was lately verified and nothing has changed since; else null. */
  remembered(credential: HandleCredential): HandleIdentity | null;
  /** Throws `UNAUTHENTICATED`, in the same words whatever is wrong: nobody learns which handles exist. */
  verify(credential: HandleCredential): Promise<HandleIdentity>;
}

export interface HandleAuthenticationOptions {
  readonly store: Pick<RecordReader, 'get'>;
  readonly epochs: EpochTable;
  readonly randomBytes: RandomBytes;
  /** Throws `INVALID_HANDLE` or `NOT_RESPONSIBLE`. */
  readonly parse: (text: string) => Handle;
}

interface Verified extends Validity {
  readonly identity: HandleIdentity;
}

const USER = /^(?:\+?(\d{1,10}):)?(.+)$/s;
const MAX_INDEX = 0x7fff_ffff;
const KEY_BYTES = 32;

export function createHandleAuthenticator(options: HandleAuthenticationOptions): HandleAuthenticator {
  const { store, epochs, parse } = options;
  const digestKey = options.randomBytes(KEY_BYTES);
  const verified = new Map<string, Verified>();
  const digest = (text: string): Buffer => createHmac('sha256', digestKey).update(text, 'latin1').digest();
  // The length keeps user and secret apart, whatever bytes they hold.
  const nameOf = ({ user, secret }: HandleCredential): string =>
    digest(`${user.length}:${Buffer.from(user, 'utf8').toString('latin1')}${secret}`).toString('latin1');

  /** Every candidate is compared, in constant time; where there is none, one that nothing equals. */
  const opens = (secrets: readonly ByteString[], secret: ByteString): boolean => {
    const given = digest(secret);
    let matches = 0;
    for (const candidate of secrets.length === 0 ? [EMPTY_BYTES] : secrets) {
      matches |= timingSafeEqual(digest(candidate), given) && candidate.length > 0 ? 1 : 0;
    }
    return matches === 1;
  };

  return {
    remembered(credential) {
      const known = verified.get(nameOf(credential));
      return known !== undefined && epochs.holds(known) && isHomed(parse, known.identity.handle)
        ? known.identity
        : null;
    },
    async verify(credential) {
      const identity = parseUser(credential.user, parse);
      // The epoch first, then the read: a change in between ends what is remembered.
      const epoch = epochs.current();
      const secrets = identity === null ? [] : await keysOf(store, identity, 'HS_SECKEY');
      if (!opens(secrets, credential.secret) || identity === null) throw unauthenticated();
      const known = { identity, epoch, changeSlots: [slotOf(identity.handle)], creationSlot: null };
      setNewest(verified, nameOf(credential), known, MAX_REMEMBERED);
      return identity;
    },
  };
}

/** Null if it names nothing here. */
function parseUser(user: string, parse: HandleAuthenticationOptions['parse']): HandleIdentity | null {
  const [, index = '0', handle] = USER.exec(user) ?? [];
  if (handle === undefined || Number(index) > MAX_INDEX) return null;
  try {
    return { handle: parse(handle.includes('/') ? handle : `0.NA/${handle}`), index: Number(index) };
  } catch (error) {
    if (error instanceof HandleError) return null;
    throw error;
  }
}

function isHomed(parse: HandleAuthenticationOptions['parse'], handle: Handle): boolean {
  try {
    return parse(handle) === handle;
  } catch (error) {
    if (error instanceof HandleError) return false;
    throw error;
  }
}

function unauthenticated(): HandleError {
  return new HandleError(
    'UNAUTHENTICATED',
    'User name or secret is wrong: write "index:handle" with its colon as %3A, and the secret of that HS_SECKEY value.',
  );
}

// From the key of a client certificate to an administrator: it must be the very key of an HS_PUBKEY value of the handle that the
// certificate names. That the client has the private key, TLS has made sure of.

import { createPublicKey, type KeyObject } from 'node:crypto';
import { type ByteString, isUtf8, textFromBytes } from '../domain/bytes.ts';
import { HandleError, isHandleError } from '../domain/error.ts';
import type { Handle } from '../domain/handle.ts';
import type { RecordReader } from '../store/registry-store.ts';
import { publicKeyDer } from '../wire/public-key-der.ts';
import { decodePublicKey } from '../wire/public-key-value.ts';
import { isKeyRefusal } from './foreign-keys.ts';
import type { HandleIdentity } from './handle-authority.ts';
import { keysOf } from './handle-keys.ts';

export interface HandleCertificates {
  /** Throws `UNAUTHENTICATED`, in the same words whatever is wrong: nobody learns which handles exist. */
  verify(named: NamedHandle, publicKey: KeyObject): Promise<HandleIdentity>;
}

export interface NamedHandle {
  /** Bytes as they came; the index 0 stands for any value. */
  readonly handle: ByteString;
  readonly index: number;
}

export interface HandleCertificatesOptions {
  readonly store: Pick<RecordReader, 'get'>;
  /** Throws `INVALID_HANDLE` or `NOT_RESPONSIBLE`. */
  readonly parse: (text: string) => Handle;
}

export function createHandleCertificates({ store, parse }: HandleCertificatesOptions): HandleCertificates {
  return {
    async verify({ handle, index }, publicKey) {
      const text = isUtf8(handle) ? textFromBytes(handle) : '';
      const identity = { handle: parsed(text, parse), index };
      const keys = await keysOf(store, identity, 'HS_PUBKEY');
      if (keys.some((data) => keyIn(data)?.equals(publicKey) === true)) return identity;
      throw unknown();
    },
  };
}

function parsed(text: string, parse: HandleCertificatesOptions['parse']): Handle {
  try {
    return parse(text.includes('/') ? text : `0.NA/${text}`);
  } catch (cause) {
    if (cause instanceof HandleError) throw unknown(cause);
    throw cause;
  }
}

/** Null for a value that is no key: it opens nothing. */
function keyIn(data: ByteString): KeyObject | null {
  try {
    const der = Buffer.from(publicKeyDer(decodePublicKey(data)), 'latin1');
    return createPublicKey({ key: der, format: 'der', type: 'spki' });
  } catch (error) {
    if (isHandleError(error, 'INVALID_VALUE') || isKeyRefusal(error)) return null;
    throw error;
  }
}

function unknown(cause?: unknown): HandleError {
  const message = 'The key of the client certificate is not that of the HS_PUBKEY value that its UID names.';
  return new HandleError('UNAUTHENTICATED', message, { cause });
}

// The bodies that set up a session (RFC 3652 §3.7) ⇄ bytes: request and response. No cryptography here.

import { type ByteString, EMPTY_BYTES } from '../domain/bytes.ts';
import type { ByteReader } from './byte-reader.ts';
import type { MessageWriter } from './message-writer.ts';

/** How the session's key is agreed on. Only Diffie-Hellman works with today's servers. */
export const SESSION_MODE = { clientCipher: 1, serverCipher: 2, handleCipher: 3, diffieHellman: 4 } as const;

export interface SessionSetup {
  readonly kind: 'session-setup';
  readonly mode: number;
  readonly timeoutSeconds: number;
  /** Empty for a session of nobody. */
  readonly identityHandle: ByteString;
  readonly identityIndex: number;
  /** Of the client, in the form of an HS_PUBKEY's data; empty in modes without one. */
  readonly publicKey: ByteString;
  /** Where mode 3 finds the client's key. */
  readonly keyHandle: ByteString;
  readonly keyIndex: number;
  /** Two zero bytes that the reference client leaves behind its content. */
  readonly trailer: ByteString;
}

/** Throws what the reader throws. */
export function readSessionSetup(reader: ByteReader): SessionSetup {
  const mode = reader.readShort();
  const timeoutSeconds = reader.readInt();
  const identityHandle = reader.readBytes();
  const identityIndex = reader.readInt();
  const hasKey = mode === SESSION_MODE.clientCipher || mode === SESSION_MODE.diffieHellman;
  const publicKey = hasKey ? reader.readBytes() : EMPTY_BYTES;
  const namesKey = mode === SESSION_MODE.handleCipher;
  const keyHandle = namesKey ? reader.readBytes() : EMPTY_BYTES;
  const keyIndex = namesKey ? reader.readInt() : 0;
  const trailer = reader.readRest();
  const identity = { identityHandle, identityIndex };
  return { kind: 'session-setup', mode, timeoutSeconds, ...identity, publicKey, keyHandle, keyIndex, trailer };
}

export function writeSessionSetup(writer: MessageWriter, setup: SessionSetup): void {
  const { mode } = setup;
  writer.short(mode);
  writer.int(setup.timeoutSeconds);
  writer.bytes(setup.identityHandle);
  writer.int(setup.identityIndex);
  if (mode === SESSION_MODE.clientCipher || mode === SESSION_MODE.diffieHellman) writer.bytes(setup.publicKey);
  if (mode === SESSION_MODE.handleCipher) {
    writer.bytes(setup.keyHandle);
    writer.int(setup.keyIndex);
  }
  writer.fixed(setup.trailer);
}

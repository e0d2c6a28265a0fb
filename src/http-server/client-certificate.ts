// Who a client is by its certificate: the subject that an accepted authority vouched for, looked up once a connection.

import { X509Certificate } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';
import { HandleError } from '../domain/error.ts';

const subjects = new WeakMap<TLSSocket, string | null>();

/** Null if the connection shows no certificate, or one that no accepted authority vouches for now. */
export function certificateSubjectOf({ socket }: IncomingMessage): string | null {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return null;
  let subject = subjects.get(socket);
  if (subject === undefined) {
    const certificate = socket.getPeerX509Certificate();
    subject = certificate === undefined ? null : subjectOf(certificate);
    subjects.set(socket, subject);
  }
  return subject;
}

/** Why a certificate that was shown does not count, in OpenSSL's word; null if none was shown, or it counts. */
export function certificateObjectionOf({ socket }: IncomingMessage): string | null {
  if (!(socket instanceof TLSSocket) || socket.authorized || socket.getPeerX509Certificate() === undefined) return null;
  const objection: unknown = socket.authorizationError; // a text, though the types say an error
  return String(objection);
}

/** `O=Oak Works, CN=erp`; commas inside of a part are escaped, so two subjects never look alike. */
function subjectOf(certificate: X509Certificate): string {
  return (certificate.subject ?? '').replaceAll('\n', ', ');
}

/** The subject of a certificate given as PEM. Throws `INVALID_REQUEST`. */
export function subjectIn(pem: string, at: string): string {
  let subject: string;
  try {
    subject = subjectOf(new X509Certificate(pem));
  } catch (cause) {
    const message = 'This is no certificate: send the whole PEM text, from "-----BEGIN CERTIFICATE-----" on.';
    throw new HandleError('INVALID_REQUEST', message, { at, cause });
  }
  if (subject !== '') return subject;
  throw new HandleError('INVALID_REQUEST', 'This certificate has no subject: have one issued with a name.', { at });
}

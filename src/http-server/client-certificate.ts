// Who a client is by its certificate: the subject that an accepted authority vouched for, looked up once a connection.

import { type KeyObject, X509Certificate } from 'node:crypto';
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

/** A certificate that stands for itself: whoever made it, the key is what counts. */
export interface OwnCertificate {
  /** Its subject's UID, or where there is none its CN. */
  readonly name: string;
  readonly publicKey: KeyObject;
}

const own = new WeakMap<TLSSocket, OwnCertificate & { readonly validFrom: number; readonly validTo: number }>();

/** Null if the connection shows no certificate, one whose subject names nobody, or one that is not in force. */
export function ownCertificateOf({ socket }: IncomingMessage, now: number): OwnCertificate | null {
  if (!(socket instanceof TLSSocket)) return null;
  let shown = own.get(socket);
  if (shown === undefined) {
    const certificate = socket.getPeerX509Certificate();
    const name = certificate === undefined ? null : nameIn(certificate);
    if (certificate === undefined || name === null) return null;
    const { validFromDate: from, validToDate: to, publicKey } = certificate;
    shown = { name, publicKey, validFrom: from.getTime(), validTo: to.getTime() };
    own.set(socket, shown);
  }
  return shown.validFrom <= now && now < shown.validTo ? shown : null;
}

function nameIn({ subject }: X509Certificate): string | null {
  const lines = (subject ?? '').split('\n');
  const named = (member: string): string | null =>
    lines.find((line) => line.startsWith(`${member}=`))?.slice(member.length + 1) ?? null;
  return named('UID') ?? named('CN');
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

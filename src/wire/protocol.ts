// The numbers of the Handle protocol (RFC 3652, DO-IRP 3.0, and what the reference server HSv9 does): versions, operation
// codes, response codes, flags. It holds no behaviour but the few codes whose value depends on the version.

/** Bytes of the envelope that stands before every message, and in every datagram. */
export const ENVELOPE_BYTES = 20;
/** Bytes of the header within a message. */
export const HEADER_BYTES = 24;
/** Bytes of a message without its envelope; the reference server's limit. */
export const MAX_MESSAGE_BYTES = 262_144;
/** Bytes of one datagram, its envelope included. */
export const DATAGRAM_BYTES = 512;

/** The protocol version this node writes and understands: 2.11. */
export const MAJOR_VERSION = 2;
export const MINOR_VERSION = 11;

/** Serial number of a site that the sender does not know (HSv9). */
export const UNKNOWN_SERIAL = 0xffff;

export const OPERATION = {
  resolution: 1,
  siteInfo: 2,
  createHandle: 100,
  deleteHandle: 101,
  addValue: 102,
  removeValue: 103,
  modifyValue: 104,
  listHandles: 105,
  listDerivedPrefixes: 106,
  challengeAnswer: 200,
  verifyChallenge: 201,
  homePrefix: 300,
  unhomePrefix: 301,
  listHomedPrefixes: 302,
  sessionSetup: 400,
  sessionTerminate: 401,
  sessionKeyExchange: 402,
  nextTransactionId: 1000,
  retrieveTransactions: 1001,
  dumpHandles: 1002,
  backupServer: 1003,
  /** The national SDK's own: logging in to a channel. */
  nationalLogin: 2001,
} as const;

export const RESPONSE = {
  /** Stands in requests. */
  none: 0,
  success: 1,
  error: 2,
  tooBusy: 3,
  protocolError: 4,
  notSupported: 5,
  recursionLimit: 6,
  maintenance: 7,
  handleNotFound: 100,
  handleExists: 101,
  invalidHandle: 102,
  valuesNotFound: 200,
  valueExists: 201,
  invalidValue: 202,
  siteInfoOutdated: 300,
  notResponsible: 301,
  serviceReferral: 302,
  prefixReferral: 303,
  invalidAdmin: 400,
  insufficientPermissions: 401,
  authenticationNeeded: 402,
  authenticationFailed: 403,
  invalidCredential: 404,
  authenticationTimeout: 405,
  authenticationError: 406,
  sessionTimeout: 500,
  sessionFailed: 501,
  invalidSessionKey: 502,
  needRsaKey: 503,
  invalidSessionSetup: 504,
  sessionRejected: 505,
  /** The national SDK's own. */
  nationalChannel: 601,
  nationalTimeout: 602,
  nationalRequestLimit: 603,
  nationalRegistrationLimit: 604,
  nationalPrefixLimit: 605,
} as const;

/** Bits of `opFlags`, as 32-bit integers with sign. */
export const FLAG = {
  authoritative: 0x8000_0000 | 0,
  certify: 0x4000_0000,
  encrypt: 0x2000_0000,
  recursive: 0x1000_0000,
  cacheCertify: 0x0800_0000,
  continuous: 0x0400_0000,
  keepConnection: 0x0200_0000,
  publicOnly: 0x0100_0000,
  requestDigest: 0x0080_0000,
  overwrite: 0x0040_0000,
  mintSuffix: 0x0020_0000,
  noReferral: 0x0010_0000,
} as const;

export interface ProtocolVersion {
  readonly major: number;
  readonly minor: number;
}

const OWN_VERSION: ProtocolVersion = { major: MAJOR_VERSION, minor: MINOR_VERSION };

/** Whether a version is 2.`minor` or later. Major version 5 is what very old clients call 2.0. */
export function isAtLeast({ major, minor: given }: ProtocolVersion, minor: number): boolean {
  return major === MAJOR_VERSION ? given >= minor : major > MAJOR_VERSION && major !== 5;
}

/** The lower of a peer's version and our own. */
export function commonVersion(peer: ProtocolVersion): ProtocolVersion {
  if (peer.major < MAJOR_VERSION || peer.major === 5) return { major: MAJOR_VERSION, minor: 0 };
  return isAtLeast(peer, MINOR_VERSION) ? OWN_VERSION : peer;
}

/** The codes that had another value, or none, before version 2.5. */
const BEFORE_2_5: ReadonlyMap<number, number> = new Map([
  [RESPONSE.maintenance, 303],
  [RESPONSE.invalidValue, RESPONSE.valueExists],
  [RESPONSE.prefixReferral, RESPONSE.serviceReferral],
]);

/** A response code as a peer of a version knows it. */
export function responseCodeFor(version: ProtocolVersion, code: number): number {
  return isAtLeast(version, 5) ? code : (BEFORE_2_5.get(code) ?? code);
}

// The resolution that nearly everybody sends, read and answered without making objects of its fields: no session, no filter, no
// signature, no digest. What is not exactly that is left to the codec of whole messages, which says the same in general.

import type { ByteString } from '../domain/bytes.ts';
import { intBytes, joinBytes, shortBytes } from './byte-writer.ts';
import { commonVersion, ENVELOPE_BYTES, FLAG, HEADER_BYTES, OPERATION, RESPONSE } from './protocol.ts';

const BODY_AT = ENVELOPE_BYTES + HEADER_BYTES;
const HANDLE_AT = BODY_AT + 4;
/** Behind the handle: no indexes, no types, no credential. */
const BEHIND_HANDLE_BYTES = 12;
const REQUEST_ID_AT = 8;
const FLAGS_AT = ENVELOPE_BYTES + 8;
const RECURSIONS_AT = ENVELOPE_BYTES + 14;
/** Compressed, encrypted, or one datagram of several. */
const ENVELOPE_FLAGS = 0xe0;
const SUGGESTED_MAJOR = 0x1f;
/** With these a response is more than its values. */
const UNUSUAL = FLAG.certify | FLAG.requestDigest;
const NOTHING = '\0\0\0\0' as ByteString;

/** The handle that is asked for, as it is spelled; null if the message is not just that question. Never empty. */
export function plainHandleIn(bytes: ByteString): ByteString | null {
  const { length } = bytes;
  const handleLength = length - HANDLE_AT - BEHIND_HANDLE_BYTES;
  if (handleLength <= 0) return null;
  const behind = HANDLE_AT + handleLength;
  const isPlain =
    intAt(bytes, BODY_AT) === handleLength &&
    intAt(bytes, ENVELOPE_BYTES) === OPERATION.resolution &&
    intAt(bytes, 16) === length - ENVELOPE_BYTES &&
    intAt(bytes, BODY_AT - 4) === length - BODY_AT - 4 &&
    (bytes.charCodeAt(2) & ENVELOPE_FLAGS) === 0 &&
    (opFlagsOf(bytes) & UNUSUAL) === 0 &&
    intAt(bytes, 4) === 0 &&
    bytes.charCodeAt(RECURSIONS_AT) === 0 &&
    intAt(bytes, ENVELOPE_BYTES + 4) === RESPONSE.none &&
    intAt(bytes, behind) === 0 &&
    intAt(bytes, behind + 4) === 0 &&
    intAt(bytes, behind + 8) === 0;
  return isPlain ? (bytes.slice(HANDLE_AT, behind) as ByteString) : null;
}

/** Of a message whose header is there. */
export function opFlagsOf(bytes: ByteString): number {
  return intAt(bytes, FLAGS_AT);
}

/** What all responses of a node have in common. */
export interface PlainResponding {
  /** Versions and flags that it suggests in turn: its own. */
  readonly suggested: ByteString;
  readonly siteInfoSerial: number;
  /** Flags of a response to a request with these. */
  readonly flagsFor: (opFlags: number) => number;
}

/** Writes responses to plain resolutions; keeps what most of them have in common with the one before. */
export class PlainResponses {
  readonly #with: PlainResponding;
  /** Of the request before: version and what it suggests. */
  #versions = '';
  #begin = '';
  #opFlags = 0;
  #expiresAt = -1;
  #header = '';

  constructor(responding: PlainResponding) {
    this.#with = responding;
  }

  /** `rest`: what `encodeRest` has made for the same handle, flags and instant. */
  encode(request: ByteString, rest: ByteString): ByteString {
    const versions = request.slice(0, 4);
    if (versions !== this.#versions) this.#beginWith(versions as ByteString);
    return (this.#begin + request.slice(REQUEST_ID_AT, REQUEST_ID_AT + 4) + rest) as ByteString;
  }

  /**
   * What stands behind the request's id. `request`: one whose handle `plainHandleIn` has told. `values`: as `writeValues`
   * makes them.
   */
  encodeRest(request: ByteString, values: ByteString, expiresAt: number): ByteString {
    const opFlags = opFlagsOf(request);
    if (opFlags !== this.#opFlags || expiresAt !== this.#expiresAt) this.#headWith(opFlags, expiresAt);
    const handleEnd = request.length - BEHIND_HANDLE_BYTES;
    const bodyLength = handleEnd - BODY_AT + values.length;
    const length = intBytes(HEADER_BYTES + bodyLength + 4);
    const handle = request.slice(BODY_AT, handleEnd) as ByteString;
    return joinBytes(NOTHING, length, this.#header as ByteString, intBytes(bodyLength), handle, values, NOTHING);
  }

  #beginWith(versions: ByteString): void {
    const suggestedMajor = versions.charCodeAt(2) & SUGGESTED_MAJOR;
    const asked = suggestedMajor === 0 ? versions : `${String.fromCharCode(suggestedMajor)}${versions[3]}`;
    const { major, minor } = commonVersion({ major: asked.charCodeAt(0), minor: asked.charCodeAt(1) });
    this.#versions = versions;
    this.#begin = String.fromCharCode(major, minor) + this.#with.suggested + NOTHING;
  }

  #headWith(opFlags: number, expiresAt: number): void {
    const { siteInfoSerial, flagsFor } = this.#with;
    this.#opFlags = opFlags;
    this.#expiresAt = expiresAt;
    const codes = intBytes(OPERATION.resolution) + intBytes(RESPONSE.success) + intBytes(flagsFor(opFlags));
    this.#header = `${codes}${shortBytes(siteInfoSerial)}${shortBytes(0)}${intBytes(expiresAt)}`;
  }
}

function intAt(bytes: ByteString, at: number): number {
  return (
    (bytes.charCodeAt(at) << 24) |
    (bytes.charCodeAt(at + 1) << 16) |
    (bytes.charCodeAt(at + 2) << 8) |
    bytes.charCodeAt(at + 3)
  );
}

// Points of named elliptic curves ⇄ the SubjectPublicKeyInfo (RFC 5480 §2, GM/T 0010 for SM2) that certificates and keys of the
// national SDK carry them in. No cryptography here: whether a point is on its curve, whoever uses it finds out.

import type { ByteString } from '../domain/bytes.ts';
import { joinBytes } from './byte-writer.ts';

export type CurveName = 'P-256' | 'P-384' | 'P-521' | 'SM2';

export interface CurvePoint {
  readonly curve: CurveName;
  /** Of the curve's length, leading zeros included. */
  readonly x: ByteString;
  readonly y: ByteString;
}

const bytes = (hex: string): ByteString => Buffer.from(hex, 'hex').toString('latin1') as ByteString;

/** All that stands before the coordinates, the mark of an uncompressed point included. */
const CURVES: Readonly<Record<CurveName, { readonly head: ByteString; readonly size: number }>> = {
  'P-256': { head: bytes('3059301306072a8648ce3d020106082a8648ce3d03010703420004'), size: 32 },
  'P-384': { head: bytes('3076301006072a8648ce3d020106052b8104002203620004'), size: 48 },
  'P-521': { head: bytes('30819b301006072a8648ce3d020106052b810400230381860004'), size: 66 },
  SM2: { head: bytes('3059301306072a8648ce3d020106082a811ccf5501822d03420004'), size: 32 },
};

export const CURVE_NAMES = Object.keys(CURVES) as readonly CurveName[];

export function coordinateBytes(curve: CurveName): number {
  return CURVES[curve].size;
}

export function encodePoint({ curve, x, y }: CurvePoint): ByteString {
  return joinBytes(CURVES[curve].head, x, y);
}

/** Null for another curve, a compressed point, or anything else. */
export function decodePoint(der: ByteString): CurvePoint | null {
  for (const curve of CURVE_NAMES) {
    const { head, size } = CURVES[curve];
    if (der.length !== head.length + 2 * size || !der.startsWith(head)) continue;
    const x = der.slice(head.length, head.length + size) as ByteString;
    return { curve, x, y: der.slice(head.length + size) as ByteString };
  }
  return null;
}

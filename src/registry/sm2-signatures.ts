// SM2 signatures with SM3 (GB/T 32918.2), as the national SDK makes them: in DER, under the identity that the standard gives for
// where none was agreed on. The cryptography is the package's; OpenSSL's takes no identity from Node.

import { sm2 } from 'sm-crypto-v2';
import type { CurvePoint } from '../wire/curve-point.ts';

/** GB/T 32918.5 Annex A; what BouncyCastle and others sign under. */
const DEFAULT_IDENTITY = '1234567812345678';

export interface Sm2Signed {
  readonly challenge: Buffer;
  /** DER. */
  readonly signature: Buffer;
}

/** False also for a point that is on no such curve, and for what is no signature. */
export function isSignedBySm2({ x, y }: CurvePoint, { challenge, signature }: Sm2Signed): boolean {
  const point = `04${Buffer.from(x, 'latin1').toString('hex')}${Buffer.from(y, 'latin1').toString('hex')}`;
  try {
    const options = { der: true, hash: true, userId: DEFAULT_IDENTITY };
    return sm2.doVerifySignature(challenge, signature.toString('hex'), point, options);
  } catch {
    return false; // the package's only way to say that it cannot read point or signature
  }
}

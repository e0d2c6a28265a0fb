// The site of the Handle protocol that the HTTP door shows and signs as; it may change while the node runs.

import type { KeyObject } from 'node:crypto';
import type { ByteString } from '../domain/bytes.ts';

export interface ServedSite {
  /** The data of its HS_SITE value. */
  readonly data: ByteString;
  /** RSA. */
  readonly privateKey: KeyObject;
}

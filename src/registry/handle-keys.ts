// The keys of an administrator: the values of its handle that hold them. Reads records, checks nothing.

import type { ByteString } from '../domain/bytes.ts';
import { MAX_KEYS_TRIED } from '../domain/handle-protocol-limits.ts';
import type { RecordReader } from '../store/registry-store.ts';
import type { HandleIdentity } from './handle-authority.ts';

export type KeyType = 'HS_SECKEY' | 'HS_PUBKEY';

/** The data of the values of that type which the identity points at, the first few; none unless its record is active. */
export async function keysOf(
  store: Pick<RecordReader, 'get'>,
  { handle, index }: HandleIdentity,
  type: KeyType,
): Promise<readonly ByteString[]> {
  const record = await store.get(handle);
  if (record?.status !== 'active') return [];
  return record.values
    .filter((value) => value.type.toUpperCase() === type && (index === 0 || value.index === index))
    .slice(0, MAX_KEYS_TRIED)
    .map((value) => value.data);
}

// In place of src/store/postgres-lookups.ts: each record by a query of its own, prepared once, over the same connections.

import { bytesFromText } from '../../src/domain/bytes.ts';
import { prefixOf, suffixOf } from '../../src/domain/handle.ts';
import type { lookupOf as batched } from '../../src/store/postgres-lookups.ts';
import type { StoredRow } from '../../src/store/postgres-rows.ts';
import { bytea } from '../../src/store/postgres-values.ts';

const RECORD = { name: 'plain-record', text: 'SELECT parent, body FROM records WHERE prefix = $1 AND suffix = $2' };

export const lookupOf: typeof batched = ({ pool }) => {
  return async (handle) => {
    const values = [prefixOf(handle), bytea(bytesFromText(suffixOf(handle)))];
    return (await pool.query<StoredRow>(RECORD, values))[0] ?? null;
  };
};

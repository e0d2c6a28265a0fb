// Records that are asked for one by one, read from PostgreSQL many at a time. What a row means is not known here.

import type { ByteString } from '../domain/bytes.ts';
import { type Handle, prefixOf, suffixOf } from '../domain/handle.ts';
import type { PostgresPool } from './postgres-pool.ts';
import { batchesOf, type LookupParts, type StoredRow } from './postgres-rows.ts';
import { READ } from './postgres-statements.ts';
import { textArray, utf8Array } from './postgres-values.ts';

/** Null where nothing was ever registered. */
export type Lookup = (handle: Handle) => Promise<StoredRow | null>;

export function lookupOf(parts: LookupParts): Lookup {
  const batches = batchesOf(parts, (handles: readonly Handle[]) => lookUp(parts.pool, handles));
  return (handle) => batches.ask(handle);
}

interface Found {
  readonly places: string;
  readonly parents: string;
  readonly bodies: string;
  readonly bytes: string;
}

/** As `readRows`, in one row. */
async function lookUp(pool: PostgresPool, handles: readonly Handle[]): Promise<readonly (StoredRow | null)[]> {
  const found: (StoredRow | null)[] = Array(handles.length).fill(null);
  const values = [textArray(handles.map(prefixOf)), utf8Array(handles.map(suffixOf))];
  const [all] = await pool.query<Found | { readonly places: null }>(READ.lookups, values);
  if (all === undefined || all.places === null) return found;
  const [places, parents, bodies] = [itemsOf(all.places), itemsOf(all.parents), itemsOf(all.bodies)];
  const bytes = Buffer.from(all.bytes, 'hex');
  let at = 0;
  for (const [i, place] of places.entries()) {
    const hasParent = parents[i] !== 'NULL';
    const bodyAt = hasParent ? at + Number(parents[i]) : at;
    const end = bodyAt + Number(bodies[i]);
    // Strings of their own: a piece of one that holds them all would keep all of it alive.
    found[Number(place) - 1] = {
      parent: hasParent ? (bytes.toString('latin1', at, bodyAt) as ByteString) : null,
      body: bytes.toString('latin1', bodyAt, end) as ByteString,
    };
    at = end;
  }
  return found;
}

/** `{1,NULL,3}`. */
function itemsOf(array: string): readonly string[] {
  return array.slice(1, -1).split(',');
}

// Reads listings page by page, so that a command prints all rows or just the number asked for.

import type { ApiClient } from './client.ts';
import { pathOf } from './options.ts';

interface Page<Item> {
  readonly items: readonly Item[];
  readonly next: string | null;
}

const PAGE_SIZE = 500;

/** Up to `limit` items of a listing under /v1, from the start or behind `first`. */
export async function listAll<Item>(
  client: ApiClient,
  path: string,
  limit: number,
  first?: string | number,
): Promise<Item[]> {
  const items: Item[] = [];
  let after = first === undefined ? undefined : String(first);
  do {
    const query = { limit: Math.min(PAGE_SIZE, limit - items.length), after };
    const { body } = await client.call({ method: 'GET', path: pathOf(path, query), signed: true });
    const page = body as Page<Item>;
    items.push(...page.items);
    after = page.next ?? undefined;
  } while (after !== undefined && items.length < limit);
  return items;
}

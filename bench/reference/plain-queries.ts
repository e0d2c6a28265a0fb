// Preloaded into a node (`--import`), makes it one that asks its PostgreSQL one plain query for each record: what reading
// in batches is compared with. Nothing else of the node is another.

import { registerHooks } from 'node:module';

const OURS = /\/src\/store\/postgres-lookups\.ts$/;
const PLAIN = new URL('./plain-lookups.ts', import.meta.url).href;

registerHooks({
  resolve(specifier, context, next) {
    const resolved = next(specifier, context);
    return OURS.test(resolved.url) ? { ...resolved, url: PLAIN } : resolved;
  },
});

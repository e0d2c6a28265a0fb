// Preloaded into a node (`--import`): tells on standard error which packages each of its threads loads.

import { writeSync } from 'node:fs';
import { registerHooks } from 'node:module';

const told = new Set<string>();

registerHooks({
  resolve(specifier, context, next) {
    const resolved = next(specifier, context);
    const [, name] = /\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(resolved.url) ?? [];
    if (name !== undefined && !told.has(name)) {
      told.add(name);
      writeSync(2, `loads ${name}\n`);
    }
    return resolved;
  },
});

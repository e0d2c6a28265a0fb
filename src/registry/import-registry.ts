// The registry itself as where an import goes: rows of JSON in, an outcome for each out, as the batch interface says it.

import { inBothLanguages } from '../domain/error.ts';
import type { ImportResult, ImportTarget } from './import-loop.ts';
import type { Actor, Registration } from './registration.ts';
import { parseRegistration, type RegistrationDefaults } from './registration-json.ts';
import type { IdentifierRegistry } from './registry.ts';

export interface RegistryTargetOptions extends RegistrationDefaults {
  readonly identifiers: IdentifierRegistry;
  readonly actor: Actor;
  readonly dryRun: boolean;
}

/** A line of JSON, or what was read of it already. */
export type ImportItem = string | Registration;

/** The rows must have been read by `readRowLots`: what was no JSON never gets here. */
export function registryTarget({ identifiers, actor, dryRun, mode }: RegistryTargetOptions): ImportTarget<ImportItem> {
  const defaults = { mode };
  const options = { dryRun, idempotency: null };
  return {
    async register(items) {
      const registrations = items.map((item) =>
        typeof item === 'string' ? parseRegistration(JSON.parse(item), '', defaults) : item,
      );
      const { results } = await identifiers.register(actor, registrations, options);
      return results.map((result): ImportResult => {
        if (result.ok) return result;
        const { handle, error } = result;
        const { code, at } = error;
        return {
          outcome: 'refused',
          handle,
          code,
          detail: inBothLanguages(error),
          ...(at === undefined ? {} : { at }),
        };
      });
    },
  };
}

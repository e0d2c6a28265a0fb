// Lists what inherits from a record directly. It reads and changes nothing.

import { HandleError } from '../domain/error.ts';
import type { HandleRecord } from '../domain/handle-record.ts';
import type { RegistryStore } from '../store/registry-store.ts';
import type { Admission } from './admission.ts';
import type { Holdings } from './holdings.ts';
import type { ChildReader } from './registry.ts';
import { pageSizeOf } from './text-rules.ts';

export interface ChildListingOptions {
  readonly store: RegistryStore;
  readonly admission: Admission;
  readonly holdings: Holdings;
}

export function createChildReader({ store, admission, holdings }: ChildListingOptions): ChildReader {
  return {
    async children(actor, text, after, limit) {
      const size = pageSizeOf(limit);
      const parent = admission.parse(text);
      const verdict = await holdings.judgeRead(actor.principal, parent);
      if (verdict !== null) throw verdict;
      const handles = await store.children(parent, after === null ? null : admission.parse(after), size + 1);
      if (handles.length === 0 && (await store.state(parent)) === null) {
        throw new HandleError('NOT_FOUND', `${parent} was never registered, so it has no children.`);
      }
      const page = handles.slice(0, size);
      const records = await store.getMany(page);
      // Who was moved or deleted between the two reads is a child no more.
      const items = records.filter((record): record is HandleRecord => record?.parent === parent);
      return { items, next: handles.length > size ? (page.at(-1) ?? null) : null };
    },
  };
}

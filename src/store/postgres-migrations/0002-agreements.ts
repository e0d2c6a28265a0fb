// What the nodes of a registry have agreed on beside its content, such as the fingerprints of keys they must share.

import type { Migration } from './migration.ts';

export const AGREEMENTS: Migration = {
  version: 2,
  compatibleFrom: 1,
  statements: () => ['CREATE TABLE agreements (name text COLLATE "C" PRIMARY KEY, value text NOT NULL)'],
};

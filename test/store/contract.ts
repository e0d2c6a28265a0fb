// The behaviour every store has, whatever it is made of: run by each store's own test file.

import { describe } from 'vitest';
import { describeCommits } from './contract-commits.ts';
import { describeDirectory } from './contract-directory.ts';
import { describeIdempotency } from './contract-idempotency.ts';
import { describeJournal } from './contract-journal.ts';
import { describeLineage } from './contract-lineage.ts';
import { describeLotCounts } from './contract-lot-counts.ts';
import { describeLots } from './contract-lots.ts';
import { describePast } from './contract-past.ts';
import { describePreserved } from './contract-preserved.ts';
import { describeQuotas } from './contract-quotas.ts';
import { describeRecords } from './contract-records.ts';
import { describeSearch } from './contract-search.ts';
import { describeStatistics } from './contract-statistics.ts';
import { describeTemplates } from './contract-templates.ts';
import type { StoreFixture } from './world.ts';

export type OpenStore = () => Promise<StoreFixture>;

export function describeStore(name: string, open: OpenStore): void {
  describe(name, () => {
    describeRecords(open);
    describeCommits(open);
    describeLineage(open);
    describePast(open);
    describePreserved(open);
    describeJournal(open);
    describeStatistics(open);
    describeSearch(open);
    describeIdempotency(open);
    describeDirectory(open);
    describeTemplates(open);
    describeLots(open);
    describeLotCounts(open);
    describeQuotas(open);
  });
}

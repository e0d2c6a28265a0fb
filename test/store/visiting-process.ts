// Makes one backup, as it is told by its parent, and tells it what became of it: see visiting.ts.

import { statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { HandleError } from '../../src/domain/error.ts';
import { writeBackup } from '../../src/store/backup-writer.ts';
import type { VisitNews, VisitOrder } from './visiting.ts';

const tell = (news: VisitNews): void => {
  process.send?.(news);
};

process.once('message', async ({ options, growsBy }: VisitOrder) => {
  const data = join(options.path, 'data.mdb');
  try {
    const done = await writeBackup({
      ...options,
      key: Buffer.from(options.key),
      progress: (...numbers) => {
        if (growsBy > 0) truncateSync(data, statSync(data).size + growsBy);
        tell({ kind: 'progress', numbers });
      },
    });
    tell({ kind: 'done', done });
  } catch (error) {
    tell({
      kind: 'failed',
      code: error instanceof HandleError ? error.code : null,
      message: (error as Error).message,
    });
  }
  process.disconnect?.();
});

// The demo sector: templates, three enterprises and their products, through the same calls a manufacturer would make. A second
// time only what is missing or was changed is written.

import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { ReportRow } from '../registry/import-loop.ts';
import { batchTarget } from './batch-target.ts';
import type { ApiClient } from './client.ts';
import { CommandFailure, EXIT } from './exit-codes.ts';
import { formatOf, importFile } from './import-file.ts';
import { handlePath } from './options.ts';

const DEMO = new URL('../../config/demo/', import.meta.url);
const TEMPLATES = new URL('../../config/templates/', import.meta.url);

/** An entry of config/demo/enterprises.json. */
interface DemoEnterprise {
  readonly prefix: string;
  readonly name: string;
  readonly contact: string;
  readonly imports: readonly { readonly file: string; readonly mapping?: string }[];
}

export interface DemoSummary {
  readonly enterprises: readonly { readonly prefix: string; readonly name: string }[];
  readonly created: number;
  readonly changed: number;
  readonly unchanged: number;
}

/** Loads config/templates and config/demo; throws if a row is refused, which only a changed demo could bring about. */
export async function loadDemo(client: ApiClient): Promise<DemoSummary> {
  const enterprises: readonly DemoEnterprise[] = JSON.parse(readFileSync(new URL('enterprises.json', DEMO), 'utf8'));
  let created = 0;
  let changed = 0;
  let unchanged = 0;
  const report = (row: ReportRow): void => {
    if (row.outcome === 'created') created++;
    else if (row.outcome === 'unchanged' || standsRecalled(row)) unchanged++;
    else if (row.outcome === 'refused') throw new CommandFailure(EXIT.failed, `The demo, ${row.at}: ${row.detail}`);
    else changed++;
  };
  await putTemplates(client);
  for (const enterprise of enterprises) {
    await createOnce(client, enterprise);
    for (const { file, mapping } of enterprise.imports) {
      const source = { file: pathIn(file), format: formatOf(mapping && pathIn(mapping)) };
      const target = batchTarget(client, { mode: 'upsert', dryRun: false });
      await importFile(source, target, { report, progress: () => {} });
    }
  }
  return { enterprises, created, changed, unchanged };
}

/** The demo recalls one item, which then must not be overwritten: on a second start its row is refused, rightly. */
function standsRecalled({ outcome, code }: ReportRow): boolean {
  return outcome === 'refused' && code === 'INVALID_STATE';
}

/** What stands already stays as it is, whatever its owner has made of it. */
async function putTemplates(client: ApiClient): Promise<void> {
  for (const file of readdirSync(TEMPLATES).filter((name) => name.endsWith('.json'))) {
    const { handle, ...body } = JSON.parse(readFileSync(new URL(file, TEMPLATES), 'utf8'));
    const path = handlePath('/v1/templates', handle);
    const existing = await client.ask({ method: 'GET', path, signed: true });
    if (existing.status !== 200) await client.call({ method: 'PUT', path, body, signed: true });
  }
}

async function createOnce(client: ApiClient, { prefix, name, contact }: DemoEnterprise): Promise<void> {
  const existing = await client.ask({ method: 'GET', path: handlePath('/v1/enterprises', prefix), signed: true });
  if (existing.status === 200) return;
  const body = { prefix, name, contact, state: 'active' };
  await client.call({ method: 'POST', path: '/v1/enterprises', body, signed: true });
}

function pathIn(file: string): string {
  return fileURLToPath(new URL(file, DEMO));
}

// Loads a sector into a running node through the ordinary interface: enterprises, then models, batches and items.

import { Client } from 'undici';
import { itemRows, parentRows, prefixesOf, type Sector, type SectorRow } from './generator.ts';

const ROWS_PER_CALL = 1000;
const CONNECTIONS = 4;

export interface LoadTarget {
  readonly port: number;
  readonly token: string;
}

/** Returns how many rows were written. Throws at the first refusal. */
export async function loadSector(target: LoadTarget, sector: Sector): Promise<number> {
  for (const prefix of prefixesOf(sector)) await createEnterprise(target, prefix);
  const parents = [...parentRows(sector)];
  // A parent must be there before its children, so each level waits for the one above.
  let rows = await writeRows(
    target,
    parents.filter((row) => row.parent === undefined),
  );
  rows += await writeRows(
    target,
    parents.filter((row) => row.parent !== undefined),
  );
  return rows + (await writeRows(target, itemRows(sector)));
}

async function createEnterprise(target: LoadTarget, prefix: string): Promise<void> {
  const client = connect(target);
  const enterprise = { prefix, name: `Bench works ${prefix}`, state: 'active' };
  await post(client, target.token, '/v1/enterprises', enterprise);
  await client.close();
}

/** A key that may write under `prefix` and nowhere else, as a manufacturer's system has one. */
export async function createEnterpriseKey(target: LoadTarget, prefix: string): Promise<string> {
  await createEnterprise(target, prefix);
  const client = connect(target);
  const principal = { name: `bench ${prefix}`, role: 'enterprise', scope: prefix };
  const { id } = JSON.parse(await post(client, target.token, '/v1/principals', principal)) as { id: string };
  const key = { principalId: id, label: 'bench' };
  const { token } = JSON.parse(await post(client, target.token, '/v1/keys', key)) as { token: string };
  await client.close();
  return token;
}

async function writeRows(target: LoadTarget, rows: Iterable<SectorRow>): Promise<number> {
  const pages = pagesOf(rows);
  const written = await Promise.all(
    Array.from({ length: CONNECTIONS }, async () => {
      const client = connect(target);
      let count = 0;
      for (const page of pages) {
        const text = await post(client, target.token, '/v1/identifiers?mode=create', page);
        const { counts } = JSON.parse(text) as { counts: { created: number } };
        if (counts.created !== page.length) throw new Error(`A batch was not created whole: ${text.slice(0, 1000)}`);
        count += page.length;
      }
      await client.close();
      return count;
    }),
  );
  return written.reduce((sum, count) => sum + count, 0);
}

/** One iterator that several writers draw from. */
function* pagesOf(rows: Iterable<SectorRow>): Generator<readonly SectorRow[]> {
  let page: SectorRow[] = [];
  for (const row of rows) {
    page.push(row);
    if (page.length < ROWS_PER_CALL) continue;
    yield page;
    page = [];
  }
  if (page.length > 0) yield page;
}

function connect(target: LoadTarget): Client {
  return new Client(`http://127.0.0.1:${target.port}`, { pipelining: 1 });
}

async function post(client: Client, token: string, path: string, body: unknown): Promise<string> {
  const { statusCode, body: answer } = await client.request({
    method: 'POST',
    path,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const text = await answer.text();
  if (statusCode < 200 || statusCode > 299)
    throw new Error(`POST ${path} answered ${statusCode}: ${text.slice(0, 500)}`);
  return text;
}

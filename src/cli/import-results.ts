// What came of an import, in words: its counts, and the first rows that were refused.

import { REGISTRATION_OUTCOMES } from '../domain/observer.ts';
import type { ApiClient } from './client.ts';
import type { JobJson } from './import-job.ts';
import { withoutControls } from './table.ts';

/** Refused rows that are shown at once; the report has them all. */
const SHOWN_REFUSALS = 10;
/** A cell of a line of the report, quoted or not. */
const CELL = /(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g;

export function countsText({ counts, settings, state }: Pick<JobJson, 'counts' | 'settings' | 'state'>): string {
  const said = REGISTRATION_OUTCOMES.filter((outcome) => (counts[outcome] ?? 0) > 0).map(
    (outcome) => `${counts[outcome]} ${outcome}`,
  );
  const text = said.length === 0 ? 'no rows' : said.join(', ');
  if (settings.dryRun) return `${text} (dry run: nothing was changed)`;
  return state === 'done' ? text : `${text} (${state})`;
}

export async function firstProblems(client: ApiClient, id: string): Promise<readonly string[]> {
  const shown: string[] = [];
  let rest = '';
  for await (const piece of await client.pieces(`/v1/imports/${id}/report`)) {
    rest += piece;
    const lines = rest.split('\r\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (shown.push(lineText(line)) > SHOWN_REFUSALS) return shown.slice(1);
  }
  return shown.slice(1);
}

function lineText(line: string): string {
  const [row, column, handle, , , , detail] = Array.from(line.matchAll(CELL), ([, quoted, plain]) =>
    quoted === undefined ? (plain ?? '') : quoted.replaceAll('""', '"'),
  );
  const place = column === '' ? `line ${row}` : `line ${row}, column ${column}`;
  return withoutControls(`${place}: ${handle === '' ? '' : `${handle}: `}${detail}`);
}

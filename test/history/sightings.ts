// What an answer shows, of whichever names it shows something. Null where it could not be found out.

import { textAt } from '../system/enterprise.ts';
import type { Seen } from './history.ts';
import { MODEL_TEXT, modelOf, OWN_TEXT } from './stock.ts';

export type Sighting = readonly [name: string, seen: Seen];

type Body = Record<string, unknown>;

const NOTICE = 1002;
const FOUND = 1;
const NOT_FOUND = 100;

/** Of what a resolution answers, alone or in a batch. */
export function sightingsIn(name: string, body: Body | null): readonly Sighting[] | null {
  if (body?.responseCode === NOT_FOUND) return [[name, { state: body.revoked === true ? 'revoked' : 'nothing' }]];
  if (body?.responseCode !== FOUND) return null;
  const notice = textAt(body, NOTICE);
  const model = modelOf(name);
  const text = textAt(body, model === null && name.includes('/MODEL-') ? MODEL_TEXT : OWN_TEXT) ?? '';
  if (model === null) return [[name, { state: 'found', text, notice }]];
  // Only models are recalled here.
  return [
    [name, { state: 'found', text }],
    [model, { state: 'found', text: textAt(body, MODEL_TEXT) ?? '', notice }],
  ];
}

/** Of a record or a lot as it stands in the store. */
export function sightingOf(name: string, status: number, body: Body | null): Sighting | null {
  if (status === 404) return [name, { state: 'absent' }];
  const revision = Number(body?.revision);
  if (status === 410) return [name, { state: 'revoked', revision }];
  if (status !== 200) return null;
  const { notice = null } = (body?.recall ?? {}) as { notice?: string };
  const text = textAt(body, name.includes('/MODEL-') ? MODEL_TEXT : OWN_TEXT) ?? '';
  return [name, { state: 'found', text, notice, revision }];
}

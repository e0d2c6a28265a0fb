// A lot with its states as a line of an export, so that the same lot always gives the same bytes, and its way back. Its
// secret moves sealed: the other node needs the key that seals it.

import type { Change } from '../domain/change.ts';
import { HandleError } from '../domain/error.ts';
import type { Handle } from '../domain/handle.ts';
import { MAX_PRESERVED_STATES } from '../domain/limits.ts';
import { digitsOf, isLotId, type Lot, type LotId, prefixOfLot } from '../domain/lot.ts';
import { assertLotNumbers } from '../domain/lot-rules.ts';
import type { LotReader } from '../store/registry-store.ts';
import {
  inputError,
  type JsonObject,
  readArray,
  readChoice,
  readInteger,
  readObject,
  readString,
} from '../wire/json-input.ts';
import { formatMs, parseStampedValues, readMs, valueJson } from './preserved-json.ts';
import type { Wanted } from './preserved-wanted.ts';

const CODE = 'INVALID_REQUEST';
const SHAPE = ['head', 'width', 'tagLength', 'from', 'secret', 'splitFrom'];
const STATE = ['to', 'parent', 'template', 'state', 'reason', 'values', 'revision', 'createdAt', 'updatedAt'];
const LINE_MEMBERS: ReadonlySet<string> = new Set(['kind', 'id', ...SHAPE, ...STATE, 'history']);
const STATE_MEMBERS: ReadonlySet<string> = new Set(STATE);
const NUMBERS = { min: 0, max: Number.MAX_SAFE_INTEGER };
const REVISIONS = { min: 1, max: 0xffff_ffff };
const SECRET = /^v1\.[0-9a-f]{8}\.[A-Za-z0-9_-]{80}$/;

/** `states`: oldest first, the newest last; it alone without history. */
export function formatLotLine(states: readonly Lot[]): string {
  const newest = states.at(-1) as Lot;
  const { id, head, width, tagLength, from, sealedSecret, splitFrom } = newest;
  const shape = {
    head,
    width,
    tagLength,
    from,
    ...(sealedSecret === null ? {} : { secret: sealedSecret }),
    ...(splitFrom === null ? {} : { splitFrom }),
  };
  const earlier = states.length === 1 ? {} : { history: states.slice(0, -1).map(stateJson) };
  return JSON.stringify({ kind: 'lot', id, ...shape, ...stateJson(newest), ...earlier });
}

function stateJson({ to, parent, template, state, reason, values, revision, createdAt, updatedAt }: Lot): object {
  return {
    to,
    ...(parent === null ? {} : { parent }),
    ...(template === null ? {} : { template }),
    state,
    ...(reason === null ? {} : { reason }),
    values: values.map(valueJson),
    revision,
    createdAt: formatMs(createdAt),
    updatedAt: formatMs(updatedAt),
  };
}

/** A lot's states, oldest first; the newest alone without history. */
export async function statesOf(store: LotReader, lot: Lot, withHistory: boolean): Promise<readonly Lot[]> {
  if (!withHistory) return [lot];
  const states = await store.lotVersions(lot.id, 0, MAX_PRESERVED_STATES);
  return states.filter(({ revision }) => revision <= lot.revision);
}

/** Throws what is wrong with the line. `parse`: throws unless its first code is one that this node may hold. */
export function wantedLot(store: LotReader, line: unknown, at: string, parse: (text: string) => Handle): Wanted {
  const states = parseLotLine(line, at, parse);
  const newest = states.at(-1) as Lot;
  return {
    name: newest.id,
    change: changeTo(states, 0),
    revision: newest.revision,
    async stands() {
      const standing = await store.lot(newest.id);
      if (standing === null) return null;
      const { revision } = standing;
      const known = states.find((state) => state.revision === revision);
      const isKnown = known !== undefined && formatLotLine([known]) === formatLotLine([standing]);
      if (!isKnown || known === newest) return { revision, isSame: isKnown };
      return { revision, isSame: false, next: changeTo(states, revision) };
    },
  };
}

/** What goes on from a revision that stands; 0 for nothing. */
function changeTo(states: readonly Lot[], standing: number): Change {
  const { revision, createdAt, updatedAt, ...lot } = states.at(-1) as Lot;
  const earlier = states.slice(0, -1).filter((state) => state.revision > standing);
  const preserved = { revision, createdAt, updatedAt };
  return { kind: 'put-lot', expectedRevision: standing, lot, preserved, earlier };
}

function parseLotLine(input: unknown, at: string, parse: (text: string) => Handle): readonly Lot[] {
  const line = readObject(input, at, LINE_MEMBERS, CODE);
  const id = readString(line.id, `${at}/id`, CODE);
  if (!isLotId(id)) throw inputError(`${at}/id`, 'The id of a lot is its prefix, a colon and its name.', CODE);
  const shape = { ...shapeOf(line, id, at), ...(line.splitFrom === undefined ? {} : { splitFrom: readId(line, at) }) };
  const history =
    line.history === undefined ? [] : readArray(line.history, `${at}/history`, MAX_PRESERVED_STATES, CODE);
  const states = [...history, line].map((state, i): Lot => {
    const place = i < history.length ? `${at}/history/${i}` : at;
    const given = i < history.length ? readObject(state, place, STATE_MEMBERS, CODE) : line;
    const lot = { ...shape, ...stateOf(given, place) };
    assertLotNumbers(lot);
    return lot;
  });
  if (states.some((state, i) => i > 0 && state.revision <= (states[i - 1] as Lot).revision)) {
    throw inputError(`${at}/history`, 'States stand oldest first, each with a later revision.', CODE);
  }
  const first = parse(`${shape.prefix}/${shape.head}${digitsOf(shape, shape.from)}`);
  if (!first.startsWith(`${shape.prefix}/${shape.head}`)) {
    throw new HandleError('INVALID_REQUEST', `Here its prefix folds case, where it comes from not: ${first}.`, {
      at: `${at}/head`,
    });
  }
  return states;
}

function shapeOf(line: JsonObject, id: LotId, at: string) {
  const tagLength = readInteger(line.tagLength, `${at}/tagLength`, NUMBERS, CODE);
  const secret = line.secret === undefined ? null : readString(line.secret, `${at}/secret`, CODE);
  if ((secret === null) !== (tagLength === 0) || (secret !== null && !SECRET.test(secret))) {
    throw inputError(`${at}/secret`, 'A lot with check tags has its sealed secret, others have none.', CODE);
  }
  return {
    id,
    prefix: prefixOfLot(id),
    head: readString(line.head, `${at}/head`, CODE),
    width: readInteger(line.width, `${at}/width`, NUMBERS, CODE),
    tagLength,
    from: readInteger(line.from, `${at}/from`, NUMBERS, CODE),
    sealedSecret: secret,
    splitFrom: null as LotId | null,
  };
}

function readId({ splitFrom }: JsonObject, at: string): LotId {
  const id = readString(splitFrom, `${at}/splitFrom`, CODE);
  if (isLotId(id)) return id;
  throw inputError(`${at}/splitFrom`, 'The id of a lot is its prefix, a colon and its name.', CODE);
}

function stateOf(state: JsonObject, at: string) {
  const { parent, template, reason } = state;
  return {
    to: readInteger(state.to, `${at}/to`, NUMBERS, CODE),
    parent: parent === undefined ? null : (readString(parent, `${at}/parent`, CODE) as Handle),
    template: template === undefined ? null : (readString(template, `${at}/template`, CODE) as Handle),
    state: readChoice(state.state, `${at}/state`, ['open', 'closed', 'revoked'] as const, CODE),
    reason: reason === undefined ? null : readString(reason, `${at}/reason`, CODE),
    values: parseStampedValues(state.values, `${at}/values`),
    revision: readInteger(state.revision, `${at}/revision`, REVISIONS, CODE),
    createdAt: readMs(state.createdAt, `${at}/createdAt`),
    updatedAt: readMs(state.updatedAt, `${at}/updatedAt`),
  };
}

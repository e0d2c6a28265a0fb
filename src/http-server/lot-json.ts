// Lots as JSON, in requests and answers. What a lot may say is the registry's to judge; secrets are in no answer.

import { textFromBytes } from '../domain/bytes.ts';
import { guessesOf, tagBits } from '../domain/check-tag.ts';
import { type Lot, sizeOf } from '../domain/lot.ts';
import { DEFAULT_TAG_LENGTH } from '../domain/lot-limits.ts';
import type { LotPatch, LotResult, NewLot } from '../registry/lot-registry.ts';
import { formatValues, parseValues } from '../wire/value-json.ts';
import { formatMilliseconds } from './instants.ts';
import { bodyChecker } from './schemas.ts';
import { LOT_PATCH, NEW_LOT } from './schemas-lots.ts';

const newLot = bodyChecker(NEW_LOT);
const lotPatch = bodyChecker(LOT_PATCH);

export function parseNewLot(body: unknown): NewLot {
  const {
    values = [],
    head = '',
    tagLength = DEFAULT_TAG_LENGTH,
    parent = null,
    template = null,
    ...rest
  } = newLot.check(body);
  return { ...rest, head, tagLength, parent, template, values: parseValues(values, '/values') };
}

export function parseLotPatch(body: unknown): LotPatch {
  const { values, parent, template } = lotPatch.check(body);
  return {
    ...(parent === undefined ? {} : { parent }),
    ...(template === undefined ? {} : { template }),
    ...(values === undefined ? {} : { values: parseValues(values, '/values') }),
  };
}

export function lotJson(lot: Lot): object {
  const { id, prefix, head, width, from, to, tagLength, parent, template, state, reason, splitFrom, revision } = lot;
  return {
    id,
    prefix,
    head,
    width,
    from,
    to,
    size: sizeOf(lot),
    tagLength,
    guessing: { bits: tagBits(tagLength), oneIn: guessesOf(tagLength) },
    parent,
    template,
    values: JSON.parse(textFromBytes(formatValues(lot.values))),
    state,
    reason,
    splitFrom,
    revision,
    createdAt: formatMilliseconds(lot.createdAt),
    updatedAt: formatMilliseconds(lot.updatedAt),
  };
}

/** What a split tells beside the lot: its second part. */
export function resultJson({ lot, part }: LotResult): object {
  return part === null ? lotJson(lot) : { ...lotJson(lot), part: lotJson(part) };
}

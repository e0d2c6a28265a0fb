// Entity tags and the preconditions that name them (RFC 9110 §8.8.3 and §13). Weak ones stand for resolved answers, the
// strong `"r<revision>"` for an own record.

import { HandleError } from '../domain/error.ts';

/** Whether `If-None-Match` names the tag, weakly compared. */
export function namesTag(ifNoneMatch: string, tag: string): boolean {
  if (ifNoneMatch === tag || ifNoneMatch === '*') return true;
  if (!ifNoneMatch.includes(',')) return opaqueOf(ifNoneMatch) === opaqueOf(tag);
  const wanted = opaqueOf(tag);
  return ifNoneMatch.split(',').some((candidate) => opaqueOf(candidate.trim()) === wanted);
}

function opaqueOf(tag: string): string {
  return tag.startsWith('W/') ? tag.slice(2) : tag;
}

export function revisionTag(revision: number): string {
  return `"r${revision}"`;
}

const REVISION_TAG = /^"r([1-9]\d{0,14})"$/;

/** The revision that `If-Match` names; null without the header. Throws `INVALID_REQUEST` for any other form. */
export function revisionFromIfMatch(header: string | undefined): number | null {
  if (header === undefined) return null;
  const revision = REVISION_TAG.exec(header)?.[1];
  if (revision === undefined) {
    throw new HandleError(
      'INVALID_REQUEST',
      'If-Match takes one strong tag of the record itself, such as "r3": read it from the ETag of GET /v1/identifiers/….',
      { at: 'header If-Match' },
    );
  }
  return Number(revision);
}

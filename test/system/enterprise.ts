// What the tests of the whole node register under, and how a record looks in a body.

import type { Connection } from './node.ts';

/** Makes an active enterprise and returns its prefix. */
export async function newEnterprise(operator: Connection): Promise<string> {
  const answer = await operator.ask('POST', '/v1/enterprises', { name: 'Test works', state: 'active' });
  const prefix = answer.body?.prefix;
  if (answer.status !== 201 || typeof prefix !== 'string') throw new Error(`no enterprise: ${answer.text}`);
  return prefix;
}

/** A body for PUT: one value at index 2000, and a parent if there is one. */
export function recordOf(text: string, parent?: string): object {
  const values = [textValue(2000, text)];
  return parent === undefined ? { values } : { values, parent };
}

export function textValue(index: number, text: string): object {
  return { index, type: 'PRODUCT_NAME', data: { format: 'string', value: text } };
}

/** The text at an index of an answer's `values`, null if it is not there. */
export function textAt(body: Record<string, unknown> | null, index: number): string | null {
  const values = (body?.values ?? []) as readonly { index: number; data: { value: unknown } }[];
  const found = values.find((value) => value.index === index);
  return found === undefined ? null : String(found.data.value);
}

export function identifierPath(handle: string): string {
  return `/v1/identifiers/${encodeURI(handle)}`;
}

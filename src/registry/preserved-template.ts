// One version of a template as a line of an export, so that the same version always gives the same bytes, and its way
// back. Versions follow one another line by line, each naming the one before it.

import type { Change } from '../domain/change.ts';
import type { Template } from '../domain/template.ts';
import { type JsonObject, readInteger, readObject, readString } from '../wire/json-input.ts';
import { formatMs, readMs } from './preserved-json.ts';
import { formatTemplate, parseTemplate, TEMPLATE_MEMBERS } from './template-json.ts';

const CODE = 'INVALID_REQUEST';
const MEMBERS = new Set(['kind', 'handle', 'revision', 'after', 'createdAt', 'updatedAt', ...TEMPLATE_MEMBERS]);
const REVISIONS = { min: 1, max: 0xffff_ffff };

/** `after`: the version in the line before it; 0 for the first one of a template. */
export function formatTemplateLine(template: Template, after: number): string {
  const { handle, revision, createdAt, updatedAt } = template;
  return JSON.stringify({
    kind: 'template',
    handle,
    ...formatTemplate(template),
    revision,
    ...(after === 0 ? {} : { after }),
    createdAt: formatMs(createdAt),
    updatedAt: formatMs(updatedAt),
  });
}

export interface ParsedTemplateLine {
  /** The handle is as it was spelled. */
  readonly template: Template;
  readonly after: number;
}

/** Throws `INVALID_REQUEST` with the place as a JSON pointer. */
export function parseTemplateLine(
  input: unknown,
  at: string,
  parseName: (text: string) => Template['handle'],
): ParsedTemplateLine {
  const line = readObject(input, at, MEMBERS, CODE);
  const content: JsonObject = Object.fromEntries(TEMPLATE_MEMBERS.map((member) => [member, line[member]]));
  const revision = readInteger(line.revision, `${at}/revision`, REVISIONS, CODE);
  const template: Template = {
    handle: parseName(readString(line.handle, `${at}/handle`, CODE)),
    ...parseTemplate(content, at),
    revision,
    createdAt: readMs(line.createdAt, `${at}/createdAt`),
    updatedAt: readMs(line.updatedAt, `${at}/updatedAt`),
  };
  const after =
    line.after === undefined ? 0 : readInteger(line.after, `${at}/after`, { min: 1, max: revision - 1 }, CODE);
  return { template, after };
}

export function templateChange({ template, after }: ParsedTemplateLine): Change {
  const { revision, createdAt, updatedAt, ...content } = template;
  const preserved = { revision, createdAt, updatedAt };
  return { kind: 'put-template', expectedRevision: after, template: content, preserved };
}

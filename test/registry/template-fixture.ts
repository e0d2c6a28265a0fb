// Templates as tests of the registry put them.

import type { ElementKind } from '../../src/domain/template.ts';
import type { Actor } from '../../src/registry/registration.ts';
import type { TemplateResult } from '../../src/registry/registry.ts';
import { parseTemplate } from '../../src/registry/template-json.ts';
import type { Fixture } from './fixture.ts';

export interface GivenElement {
  readonly index: number;
  readonly kind: ElementKind;
  readonly [member: string]: unknown;
}

/** Elements alone, or of a template that is open to other values. */
type Given = readonly GivenElement[] | { readonly isOpen: true; readonly elements: readonly GivenElement[] };

/** A new version of a template, in which an element says of itself only what the test is about. */
export async function putTemplate(fixture: Fixture, who: Actor, handle: string, given: Given): Promise<TemplateResult> {
  const { elements, ...more } = 'elements' in given ? given : { elements: given };
  const full = elements.map((element) => ({
    type: `TYPE_${element.index}`,
    name: { zh: `要素${element.index}`, en: `Element ${element.index}` },
    ...element,
  }));
  const draft = parseTemplate({ name: { zh: '椅子', en: 'Chair' }, elements: full, ...more }, '');
  return fixture.templates.put(who, { handle, draft, mode: 'upsert', ifMatch: null, idempotency: null });
}

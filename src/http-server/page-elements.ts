// How a page shows the values of a record that has a template: in the order of its elements, with their names, the names of
// choices and the units of numbers. What no element describes is shown by its type.

import type { Found } from '../domain/answer.ts';
import { textFromBytes } from '../domain/bytes.ts';
import type { Handle } from '../domain/handle.ts';
import type { HandleValue } from '../domain/handle-value.ts';
import type { TemplateElement } from '../domain/template.ts';
import type { TemplateElements } from '../registry/registry.ts';
import { type Language, labelOf } from './page-words.ts';

/** An element, and its place among those of its template. */
interface Placed {
  readonly element: TemplateElement;
  readonly place: number;
}

/** What describes a value; null if nothing does. */
export type Describe = (value: HandleValue) => Placed | null;

/** By the templates that the record and its ancestors name, the nearest first, as they are now. */
export async function describedBy(answer: Found, elements: TemplateElements): Promise<Describe> {
  const named = new Set<Handle>();
  for (const { template } of [answer.record, ...answer.ancestors]) if (template !== null) named.add(template);
  const templates: ReadonlyMap<number, Placed>[] = [];
  for (const template of named) {
    const found = await elements.elementsOf(template);
    templates.push(new Map(found.map((element, place) => [element.index, { element, place }])));
  }
  return (value) => {
    for (const template of templates) {
      const placed = template.get(value.index);
      if (placed !== undefined && isOfType(value, placed.element)) return placed;
    }
    return null;
  };
}

/** Values in the order in which people see them: those of elements first. */
export function inElementOrder(values: readonly HandleValue[], describe: Describe): readonly HandleValue[] {
  const placeOf = (value: HandleValue): number => describe(value)?.place ?? Number.MAX_SAFE_INTEGER;
  return values.toSorted((a, b) => placeOf(a) - placeOf(b));
}

export function labelFor(value: HandleValue, describe: Describe, language: Language): string {
  return describe(value)?.element.name[language] ?? labelOf(textFromBytes(value.type), language);
}

/** `text`: of the value, as it may be shown. */
export function shownText(text: string, element: TemplateElement | undefined, language: Language): string {
  if (element?.kind === 'enumeration') {
    return element.choices.find(({ value }) => value === text)?.name[language] ?? text;
  }
  return element?.unit != null ? `${text} ${element.unit}` : text;
}

function isOfType(value: HandleValue, element: TemplateElement): boolean {
  const type = textFromBytes(value.type);
  return type === element.type || type.toUpperCase() === element.type.toUpperCase();
}

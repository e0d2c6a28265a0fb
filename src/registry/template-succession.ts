// Which version of a template may follow which: elements are added, reworded and disabled, never taken away or given
// another meaning, since values were written under them. Pure.

import { HandleError } from '../domain/error.ts';
import { MAX_TEMPLATE_VERSIONS } from '../domain/limits.ts';
import type { Template, TemplateDraft, TemplateElement } from '../domain/template.ts';

/** Throws `INVALID_STATE` that names the element. */
export function assertSuccessor(before: Template, after: TemplateDraft): void {
  if (before.revision >= MAX_TEMPLATE_VERSIONS) {
    throw refused(`${before.handle} has ${before.revision} versions, which is the most: put another template.`, '');
  }
  const byIndex = new Map(after.elements.map((element, i) => [element.index, { element, i }]));
  for (const old of before.elements) {
    const { index, name, type, kind } = old;
    const next = byIndex.get(index);
    if (next === undefined) {
      throw refused(
        `Element ${index} (${name.zh} / ${name.en}) is gone: elements are never removed. Keep it, with "disabled": true.`,
        '/elements',
      );
    }
    const at = `/elements/${next.i}`;
    if (next.element.type !== type) throw fixed(old, `${at}/type`, `type ${type}`);
    if (next.element.kind !== kind) throw fixed(old, `${at}/kind`, `kind ${kind}`);
  }
}

/** Throws `NOT_FOUND` for an index that is no element's. */
export function withDisabled(template: Template, indexes: readonly number[]): TemplateDraft {
  const known = new Set(template.elements.map(({ index }) => index));
  const unknown = indexes.find((index) => !known.has(index));
  if (unknown !== undefined) {
    throw new HandleError('NOT_FOUND', `${template.handle} has no element ${unknown}: name one of its indexes.`, {
      at: '/elements',
    });
  }
  const disabled = new Set(indexes);
  const elements = template.elements.map(
    (element): TemplateElement => (disabled.has(element.index) ? { ...element, disabled: true } : element),
  );
  return { ...contentOf(template), elements };
}

export function contentOf(template: TemplateDraft): TemplateDraft {
  const { name, description, industry, carrier, isOpen, elements } = template;
  return { name, description, industry, carrier, isOpen, elements };
}

function fixed({ index, name }: TemplateElement, at: string, what: string): HandleError {
  return refused(
    `Element ${index} (${name.zh} / ${name.en}) has ${what} for ever, since values were written under it: add another element, and disable this one.`,
    at,
  );
}

function refused(message: string, at: string): HandleError {
  return new HandleError('INVALID_STATE', message, { at });
}

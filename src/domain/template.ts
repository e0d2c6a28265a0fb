// Templates: what a kind of product is described by, element by element. Pure; what a value must be like to fit an element
// is the registry's to judge.

import type { Handle } from './handle.ts';

/** Both are always there: labels and messages show them side by side. */
export interface LocalName {
  readonly zh: string;
  readonly en: string;
}

/** `file` is the address of a file kept elsewhere, `handle` names another identifier. */
export type ElementKind = 'string' | 'number' | 'date' | 'enumeration' | 'url' | 'file' | 'handle';
export const ELEMENT_KINDS = [
  'string',
  'number',
  'date',
  'enumeration',
  'url',
  'file',
  'handle',
] as const satisfies readonly ElementKind[];

/** One value that an enumeration allows. */
export interface ElementChoice {
  readonly value: string;
  readonly name: LocalName;
}

/** What the value of one index says. A rule that is null, or a list that is empty, forbids nothing. */
export interface TemplateElement {
  /** Index and type of the values it describes: both fixed for ever, as is the kind. */
  readonly index: number;
  readonly type: string;
  readonly kind: ElementKind;
  readonly name: LocalName;
  /** An active record has it, itself or from an ancestor. */
  readonly required: boolean;
  /** Records can be found by it. */
  readonly searchable: boolean;
  /** Takes no new values and is no longer required; what stands stays. Elements are never removed. */
  readonly disabled: boolean;
  /** Characters. */
  readonly minLength: number | null;
  readonly maxLength: number | null;
  /** In RE2's syntax, matching the whole text; of strings only. */
  readonly pattern: string | null;
  /** Of numbers only, as are the next three. */
  readonly minimum: number | null;
  readonly maximum: number | null;
  /** Digits after the point; 0 for whole numbers. */
  readonly decimals: number | null;
  readonly unit: string | null;
  /** Of enumerations only, never empty there. */
  readonly choices: readonly ElementChoice[];
  /** Of files only: the endings their names may have, lower case, without the dot. */
  readonly fileTypes: readonly string[];
}

/** What its author says of a template; the store adds version and instants. */
export interface TemplateDraft {
  readonly name: LocalName;
  readonly description: LocalName | null;
  /** GB/T 4754: a section and up to four digits, such as `C2110`; division, group and class are its beginnings. */
  readonly industry: string | null;
  /** Of the products: whether they answer by themselves (a chip, a modem) or are only read. */
  readonly carrier: 'active' | 'passive';
  /** Whether records may have product values that no element describes. */
  readonly isOpen: boolean;
  /** In the order in which people see them; indexes unique. */
  readonly elements: readonly TemplateElement[];
}

export interface Template extends TemplateDraft {
  /** Under the prefix of its enterprise, or the node's own for everyone: what `HandleRecord.template` names. */
  readonly handle: Handle;
  /** The version: 1 for the first, one more with every change. Each is kept. */
  readonly revision: number;
  readonly createdAt: number;
  /** When this version was put. */
  readonly updatedAt: number;
}

/** Values below this index are of the handle system (administrators, keys, signature): no element describes them. */
export const FIRST_ELEMENT_INDEX = 2000;

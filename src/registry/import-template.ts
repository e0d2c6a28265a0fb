// Text with names of columns in braces, such as `{prefix}/{SKU}-{serial}`: compiled once, filled for every row.

import { inputError, shown } from '../wire/json-input.ts';

export interface TextTemplate {
  /** One more than there are names: the text before, between and behind them. */
  readonly literals: readonly string[];
  readonly names: readonly string[];
}

/** Throws `INVALID_REQUEST`. */
export function compileTemplate(text: string, at: string): TextTemplate {
  const literals: string[] = [];
  const names: string[] = [];
  // Odd pieces stood in braces.
  text.split(/\{([^{}]*)\}/).forEach((piece, i) => {
    if (i % 2 === 0) literals.push(piece);
    else names.push(piece.trim());
  });
  if (names.includes('') || literals.some((literal) => /[{}]/.test(literal))) {
    throw inputError(
      at,
      `Close every brace around a column's heading, such as "{SKU}", in ${shown(text)}.`,
      'INVALID_REQUEST',
    );
  }
  return { literals, names };
}

/** The text for one row; null if a cell it needs is empty. */
export function fillTemplate(template: TextTemplate, cellOf: (name: string) => string): string | null {
  const { literals, names } = template;
  let text = literals[0] ?? '';
  for (let i = 0; i < names.length; i++) {
    const cell = cellOf(names[i] as string);
    if (cell === '') return null;
    text += cell + literals[i + 1];
  }
  return text === '' ? null : text;
}

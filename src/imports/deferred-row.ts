// A row that was put off goes to the next round with the reason, as a line in front of its text. Judges nothing. Pure.

import { bytesFromText } from '../domain/bytes.ts';
import { IS_PACKED, type RunRow } from './sorted-runs.ts';

export function withReason(reason: string, { flags, text }: RunRow): string {
  const line = reason.replaceAll('\n', ' ');
  return `${(flags & IS_PACKED) === 0 ? line : bytesFromText(line)}\n${text}`;
}

export function withoutReason(text: string): { readonly reason: string; readonly text: string } {
  const end = text.indexOf('\n');
  return { reason: text.slice(0, end), text: text.slice(end + 1) };
}

// The form of answers that tell what has changed: the history of an identifier, and the change log.

import Type from 'typebox';
import { instant, orNull, revision } from './schemas-answers.ts';
import { HANDLE_VALUE, handle } from './schemas-values.ts';

const ACTION = Type.Enum(['created', 'updated', 'revoked', 'deleted', 'recalled', 'recall-lifted']);
const valueOrNull = orNull(HANDLE_VALUE);
/** A page of a history, newest revision first. */
export const HISTORY = Type.Object({
  handle,
  items: Type.Array(
    Type.Object({
      revision,
      at: instant,
      action: ACTION,
      principalId: orNull(Type.String()),
      requestId: orNull(Type.String()),
      sequence: orNull(Type.Integer({ description: 'In the change log.' })),
      changes: Type.Array(
        Type.Union([
          Type.Object({
            field: Type.Enum(['status', 'parent', 'template', 'reason', 'recallReason', 'recallNotice']),
            before: orNull(Type.String()),
            after: orNull(Type.String()),
          }),
          Type.Object({
            field: Type.Literal('order', { description: 'Nothing but the order of the values.' }),
            before: Type.Array(Type.Integer()),
            after: Type.Array(Type.Integer()),
          }),
          Type.Object({ field: Type.Literal('value'), index: Type.Integer(), before: valueOrNull, after: valueOrNull }),
          Type.Object({ field: Type.Literal('value'), index: Type.Integer(), hidden: Type.Literal(true) }),
        ]),
      ),
    }),
  ),
  next: orNull(Type.String({ description: 'The "after" of the page that follows; null on the last one.' })),
});

const sequence = Type.Integer({ minimum: 1, description: 'From 1, without gaps.' });
const CHANGE_ROW = Type.Object({
  sequence,
  at: instant,
  principalId: Type.String(),
  requestId: Type.String(),
  entries: Type.Array(
    Type.Object({
      subject: Type.Enum(['record', 'enterprise', 'principal', 'key', 'home', 'template', 'lot']),
      action: ACTION,
      name: Type.String({ description: 'Handle, prefix, or id of the principal or key.' }),
      revision,
    }),
  ),
});

export const CHANGES = Type.Object({
  items: Type.Array(CHANGE_ROW),
  next: orNull(Type.String({ description: 'The "after" of the page that follows; null at the end of the log.' })),
  position: Type.Integer({ minimum: 0, description: 'Up to where the log was read: ask behind it later.' }),
});

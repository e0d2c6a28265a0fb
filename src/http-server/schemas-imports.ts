// The form of requests about imports, and of what is answered about them.

import Type from 'typebox';
import { MAX_FILE_NAME_LENGTH } from '../domain/import-limits.ts';
import { MAX_CURSOR_LENGTH } from '../domain/limits.ts';
import { REGISTRATION_OUTCOMES } from '../domain/observer.ts';
import { ERROR_CHOICES, IMPORT_FORMATS, JOB_STATES } from '../imports/job.ts';
import { instant, orNull, pageOfItems } from './schemas-answers.ts';

const CLOSED = { additionalProperties: false };
const handle = Type.Optional(Type.String({ minLength: 1, maxLength: MAX_CURSOR_LENGTH }));
const name = Type.Optional(Type.String({ minLength: 1, maxLength: MAX_FILE_NAME_LENGTH }));

export const IMPORT_QUERY = Type.Object(
  {
    format: Type.Optional(
      Type.Enum([...IMPORT_FORMATS], {
        description: 'Found out from the first bytes if it is one of the first three.',
      }),
    ),
    mode: Type.Optional(
      Type.Enum(['create', 'update', 'upsert'], { description: 'For rows that name none; upsert without it.' }),
    ),
    dryRun: Type.Optional(Type.Boolean({ description: 'Says what would become of each row, changes nothing.' })),
    onError: Type.Optional(
      Type.Enum([...ERROR_CHOICES], {
        description:
          'stop: every row is looked at first, and one refusal keeps all of them out. continue, the default: the others are registered.',
      }),
    ),
    profile: name,
    mapping: Type.Optional(
      Type.String({ minLength: 2, description: 'What the columns of a table mean, as JSON, instead of a profile.' }),
    ),
    parent: handle,
    template: handle,
    sheet: name,
    fileName: name,
  },
  CLOSED,
);

const count = Type.Integer({ minimum: 0 });
const counts = Object.fromEntries(REGISTRATION_OUTCOMES.map((outcome) => [outcome, count]));
const text = orNull(Type.String());

export const IMPORT_JOB = Type.Object({
  id: Type.String(),
  state: Type.Enum([...JOB_STATES]),
  principalId: Type.String(),
  scope: text,
  bytes: count,
  settings: Type.Object({
    format: Type.Enum([...IMPORT_FORMATS]),
    mode: Type.Enum(['create', 'update', 'upsert']),
    dryRun: Type.Boolean(),
    onError: Type.Enum([...ERROR_CHOICES]),
    parent: text,
    template: text,
    sheet: text,
    profile: text,
    fileName: text,
  }),
  encoding: orNull(Type.String({ description: 'The encoding a CSV file was found to have.' })),
  createdAt: instant,
  startedAt: orNull(instant),
  endedAt: orNull(instant),
  counts: Type.Object({ rows: count, ...counts }),
  progress: orNull(
    Type.Object({
      stage: Type.Enum(['checking', 'rehearsing', 'writing']),
      share: Type.Number({ minimum: 0, maximum: 1, description: 'Of the whole import.' }),
      rows: count,
      rowsPerSecond: count,
      secondsLeft: orNull(count),
    }),
  ),
  code: text,
  reason: orNull(Type.String({ description: 'Why it waits, stopped or failed, and how to mend it.' })),
});

export const IMPORT_PAGE = pageOfItems(IMPORT_JOB);

export const IMPORT_PROFILE = Type.Object({
  name: Type.String(),
  mapping: Type.Object({}, { additionalProperties: true }),
});
export const IMPORT_PROFILES = Type.Object({ items: Type.Array(IMPORT_PROFILE) });

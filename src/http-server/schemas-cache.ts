// The form of what cache-keeping.ts answers, for the description of the interface alone.

import Type from 'typebox';
import { instant, orNull } from './schemas-answers.ts';
import { handle } from './schemas-values.ts';

const REMEMBERED = Type.Object({
  kind: Type.Enum(['found', 'not-found', 'revoked', 'referral']),
  values: Type.Integer({ minimum: 0, description: 'How many.' }),
  state: Type.Enum(['fresh', 'stale'], { description: 'Stale: it only stands in while nothing newer can be had.' }),
  learnedAt: instant,
  freshUntil: instant,
  staleUntil: instant,
});

export const CACHE_VIEW = Type.Object({
  handle,
  memory: { ...orNull(REMEMBERED), description: 'In the memory of the worker that answers.' },
  shared: { ...orNull(REMEMBERED), description: 'In the Redis that threads and nodes share.' },
  disk: { ...orNull(REMEMBERED), description: 'On the disk of the node, for all its workers and over restarts.' },
});

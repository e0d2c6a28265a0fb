// The metrics of what is asked of other nodes and shared with them: a part of the table in metrics.ts.

import { MAX_ROUTES } from '../domain/limits.ts';
import { UPSTREAM_OUTCOMES } from '../domain/observer.ts';

const ROUTE_PLACES: readonly string[] = Array.from({ length: MAX_ROUTES }, (_, place) => String(place + 1));
/** Routes by their place, from 1, then the sites of delegated prefixes together: names would be no closed set. */
export const UPSTREAMS: readonly string[] = [...ROUTE_PLACES, 'delegated'];

const sum = { from: 'sum', labels: {} } as const;

export const UPSTREAM_METRICS = {
  upstreamQuestions: {
    ...sum,
    name: 'jiabiao_upstream_questions_total',
    type: 'counter',
    help: 'Questions for upstreams, by place of the route in upstream.routes (or the sites of delegated prefixes) and by how they ended.',
    labels: { upstream: UPSTREAMS, outcome: UPSTREAM_OUTCOMES },
  },
  upstreamDuration: {
    ...sum,
    name: 'jiabiao_upstream_duration_seconds',
    type: 'histogram',
    help: 'Time a question to an upstream took, a second try included; what was not sent is left out.',
    labels: { upstream: UPSTREAMS },
  },
  upstreamBreaker: {
    ...sum,
    name: 'jiabiao_upstream_breaker',
    type: 'gauge',
    help: 'State of the breaker of each route: 0 closed, 1 trying again, 2 open (it is not asked).',
    labels: { upstream: ROUTE_PLACES },
  },
  redisDown: {
    ...sum,
    name: 'jiabiao_redis_down',
    type: 'gauge',
    help: 'Threads that cannot reach the Redis they share; what they need is asked for upstream.',
  },
  invalidationDown: {
    ...sum,
    name: 'jiabiao_invalidation_down',
    type: 'gauge',
    help: '1 while this node does not hear what other nodes change (redis.announce); what it has of them is asked for again every 25 s.',
  },
} as const;

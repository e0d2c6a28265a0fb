// The failures of an operation, for the description of the interface: from the codes it can end with, through the same
// tables that make the real answers.

import type { ErrorCode } from '../domain/error.ts';
import type { Answer, Operation } from './operation.ts';
import { HANDLE_API_ERRORS, PROBLEMS, typeOfProblem } from './problems.ts';
import { HANDLE_ANSWER, JSONP, PROBLEM } from './schemas-answers.ts';

/** What an operation can end with because of how it is reached, whatever it does. */
const ALWAYS = ['INVALID_REQUEST', 'OVERLOADED', 'STORE_UNAVAILABLE', 'INTERNAL'] as const;
const OF_ACCESS = {
  open: [],
  optional: [...ALWAYS, 'UNAUTHENTICATED', 'RATE_LIMITED'],
  key: [...ALWAYS, 'UNAUTHENTICATED', 'RATE_LIMITED', 'FORBIDDEN'],
} as const satisfies Record<Operation['access'], readonly ErrorCode[]>;

/** What a body can be refused for before it is read. */
const OF_BODY = ['PAYLOAD_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE'] as const;

/** By status, lowest first. */
export function failuresOf({ access, body, problems, failures = 'problem' }: Operation): ReadonlyMap<string, Answer> {
  const statusOf = (code: ErrorCode): number =>
    failures === 'problem' ? PROBLEMS[code].status : HANDLE_API_ERRORS[code].status;
  const ofBody = body === undefined ? [] : OF_BODY;
  const codes = [...new Set<ErrorCode>([...OF_ACCESS[access], ...ofBody, ...problems])];
  const byStatus = Map.groupBy(codes, statusOf);
  // On encrypted connections it asks for credentials, which it cannot on others.
  if (failures === 'handle-api' && codes.includes('UNAUTHENTICATED')) byStatus.set(401, ['UNAUTHENTICATED']);
  const sorted = [...byStatus].sort(([a], [b]) => a - b);
  return new Map(
    sorted.map(([status, ofStatus]) => [
      String(status),
      failures === 'problem' ? problemAnswer(status, ofStatus) : handleApiAnswer(status, ofStatus),
    ]),
  );
}

function problemAnswer(status: number, codes: readonly ErrorCode[]): Answer {
  const examples = codes.map((code) => {
    const { title } = PROBLEMS[code];
    const value = { type: typeOfProblem(code), title, status, detail: `${title}: …`, code, requestId: 'b7c1…' };
    return [code, { value }] as const;
  });
  return {
    description: titlesOf(codes),
    content: { 'application/problem+json': { schema: PROBLEM, examples: Object.fromEntries(examples) } },
    headers: retryHeader(status),
  };
}

function handleApiAnswer(status: number, codes: readonly ErrorCode[]): Answer {
  const examples = codes.map((code) => {
    const { responseCode, message } = HANDLE_API_ERRORS[code];
    return [code, { value: { responseCode, ...(message === null ? {} : { message: '…' }) } }] as const;
  });
  return {
    description: titlesOf(codes),
    content: {
      'application/json': { schema: HANDLE_ANSWER, examples: Object.fromEntries(examples) },
      'application/javascript': JSONP,
    },
    headers: retryHeader(status),
  };
}

function titlesOf(codes: readonly ErrorCode[]): string {
  return `${[...new Set(codes.map((code) => PROBLEMS[code].title))].join(', ')}.`;
}

function retryHeader(status: number): readonly string[] {
  return status === 429 || status === 503 ? ['Retry-After'] : [];
}

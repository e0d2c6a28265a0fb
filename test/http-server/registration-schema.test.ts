// The schema of a registration, which the description shows, and the reader of registrations, which the node uses: what one
// takes the other takes.

import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { REGISTRATION_ITEM } from '../../src/http-server/schemas-registration.ts';
import { parseRegistration } from '../../src/registry/registration-json.ts';

const ajv = new Ajv2020({ strict: false });
addFormats.default(ajv);
const fits = ajv.compile(REGISTRATION_ITEM);
const isRead = (item: unknown): boolean => parseRegistration(item, '', { mode: 'upsert' }).operation !== 'refused';

const index = fc.oneof(fc.integer({ min: -1, max: 3000 }), fc.constantFrom(0x7fff_ffff, 0x8000_0000, 1.5, '1', null));
const word = (...right: readonly unknown[]) => fc.constantFrom<unknown>(...right, 'other', null, 7);
const data = fc.oneof(
  word('text', ''),
  fc.record({ format: word('string', 'base64', 'hex'), value: word('', '00', 'AAAA') }),
  fc.record({
    format: fc.constant('vlist'),
    value: fc.array(fc.record({ handle: fc.constant('0.NA/88.118'), index })),
  }),
);
const value = fc.record(
  {
    index,
    type: word('URL', 'x'),
    data,
    ttl: word(86_400, 0, '2030-01-31T00:00:00Z', -1),
    permissions: word('1110', '0000', '111'),
    timestamp: word('anything'),
    more: fc.constant(1),
  },
  { requiredKeys: [] },
);
const item = fc.record(
  {
    operation: word('put', 'patch', 'revoke'),
    handle: word('88.118.1/A', 'B'),
    values: fc.oneof(fc.array(value, { maxLength: 2 }), word([])),
    parent: word('88.118.1/B'),
    template: word('88.118.1/C'),
    status: word('reserved', 'active', 'revoked'),
    mode: word('create', 'update', 'upsert'),
    ifMatch: word(1, 0, -1, 1.5),
    reason: word('because', ' '),
    removeIndexes: fc.oneof(fc.array(index, { maxLength: 2 }), word([])),
    more: fc.constant(1),
  },
  { requiredKeys: [] },
);
/** Such as a person writes, or nearly. */
const likelyItem = fc.oneof(
  fc.record({ handle: fc.constant('88.118.1/A'), values: fc.array(value, { maxLength: 2 }) }),
  fc.record(
    { operation: fc.constant('patch'), handle: fc.constant('88.118.1/A'), status: word('active'), parent: word('a/b') },
    { requiredKeys: ['operation', 'handle'] },
  ),
  item,
);

/** Rules between members and on the inside of texts, which a schema of forms does not hold. */
function isBeyondForm(given: object): boolean {
  const { operation, status, reason } = given as Record<string, unknown>;
  const text = JSON.stringify(given);
  return (
    (operation === 'patch' && (status === 'revoked') !== (reason !== undefined)) ||
    reason === ' ' ||
    /"(base64|hex)","value":"/.test(text)
  );
}

describe('the schema of a registration', () => {
  it('takes what the node reads, and nothing else', () => {
    const taken = { yes: 0, no: 0 };
    fc.assert(
      fc.property(likelyItem, (given) => {
        fc.pre(!isBeyondForm(given));
        const read = isRead(given);
        taken[read ? 'yes' : 'no'] += 1;
        expect(fits(given), JSON.stringify(given)).toBe(read);
      }),
      { numRuns: 5000 },
    );
    expect(Math.min(taken.yes, taken.no)).toBeGreaterThan(100);
  });
});

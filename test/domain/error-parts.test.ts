import { describe, expect, it } from 'vitest';
import { HandleError } from '../../src/domain/error.ts';
import { type ErrorParts, errorOf, partsOf } from '../../src/domain/error-parts.ts';

/** As a message between threads, and as JSON: both ways are in use. */
const WAYS: readonly (readonly [string, (parts: ErrorParts) => ErrorParts])[] = [
  ['cloned', structuredClone],
  ['JSON', (parts) => JSON.parse(JSON.stringify(parts)) as ErrorParts],
];

describe.each(WAYS)('An error that crosses threads as %s', (_, cross) => {
  it('arrives with everything it had to say', () => {
    const details = { at: 'line 3', retryAfterSeconds: 2, zh: '忙', principalId: 'p1' };
    const arrived = errorOf(cross(partsOf(new HandleError('OVERLOADED', 'Busy.', { ...details, cause: 'why' }))));
    expect(arrived).toBeInstanceOf(HandleError);
    expect(arrived).toMatchObject({ code: 'OVERLOADED', message: 'Busy.', ...details, cause: { message: 'why' } });
  });

  it('has nothing it did not have', () => {
    const arrived = errorOf(cross(partsOf(new HandleError('NOT_FOUND', 'None.'))));
    expect(arrived).toMatchObject({ at: undefined, retryAfterSeconds: undefined });
    expect('cause' in arrived).toBe(false);
  });

  it('keeps what a defect says as its cause, which is for the log, and not as its message', () => {
    const arrived = errorOf(cross(partsOf(new TypeError('x is not a function'))));
    expect(arrived.code).toBe('INTERNAL');
    expect(arrived.message).not.toContain('function');
    expect(String(arrived.cause)).toContain('x is not a function');
  });
});

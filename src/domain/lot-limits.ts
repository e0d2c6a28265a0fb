// The fixed limits of lots, each with its reason.

/** Digits of a lot's serial: 15 stay exact as a number, and a thousand years of the sector's output fit 13. */
export const MAX_COUNTER_WIDTH = 15;

/** Characters of a check tag: below four a guess is right once in 14,000 tries; sixteen are all that SHA-256 yields. */
export const MIN_TAG_LENGTH = 4;
export const MAX_TAG_LENGTH = 16;

/** Characters of a check tag unless another number is asked for: 41 bits, one guess in 2.6 million million. */
export const DEFAULT_TAG_LENGTH = 9;

/**
 * Records that may stand where a lot is registered, widened or cut: they are looked at one by one for the count of
 * identifiers, within some tens of milliseconds of the committing thread.
 */
export const MAX_ROWS_JOINED = 20_000;

/** Lots of one prefix that a worker remembers, some megabytes; of a prefix with more it asks the store each time. */
export const MAX_LOTS_OF_PREFIX = 5000;

/** Lots and prefixes that a worker remembers in all before it starts over: some tens of megabytes. */
export const MAX_LOTS_REMEMBERED = 20_000;

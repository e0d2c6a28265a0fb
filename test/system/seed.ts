// Randomness that can be repeated: its seed is printed with the test, and taken from JIABIAO_TEST_SEED if that is set.

export interface Dice {
  readonly seed: number;
  /** An integer from `least` to `most`, both included. */
  between(least: number, most: number): number;
  pick<T>(choices: readonly T[]): T;
}

export function rollDice(): Dice {
  const seed = Number(process.env.JIABIAO_TEST_SEED ?? Math.floor(Math.random() * 0x7fffffff));
  console.log(`JIABIAO_TEST_SEED=${seed}`);
  let state = seed;
  // mulberry32
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const between = (least: number, most: number): number => least + Math.floor(next() * (most - least + 1));
  return {
    seed,
    between,
    pick: (choices) => {
      const choice = choices[between(0, choices.length - 1)];
      if (choice === undefined) throw new Error('nothing to pick from');
      return choice;
    },
  };
}

// What a command writes to: results on standard output, everything else on standard error.

export interface Terminal {
  /** A line of the result. */
  readonly print: (line: string) => void;
  /** A line for the person: progress, warnings, errors. */
  readonly note: (line: string) => void;
  /** Whether a person looks at standard output. */
  readonly showsResults: boolean;
  /** Whether a person looks at standard error. */
  readonly showsNotes: boolean;
}

export function systemTerminal(): Terminal {
  return {
    print: (line) => process.stdout.write(`${line}\n`),
    note: (line) => process.stderr.write(`${line}\n`),
    showsResults: process.stdout.isTTY === true,
    showsNotes: process.stderr.isTTY === true,
  };
}

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
  for (const stream of [process.stdout, process.stderr]) stream.on('error', allowClosedPipe);
  return {
    print: (line) => process.stdout.write(`${line}\n`),
    note: (line) => process.stderr.write(`${line}\n`),
    showsResults: process.stdout.isTTY === true,
    showsNotes: process.stderr.isTTY === true,
  };
}

/** Whoever read has read enough (`… | head -1`), or is gone: that ends no command, least of all a node in service. */
function allowClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
}

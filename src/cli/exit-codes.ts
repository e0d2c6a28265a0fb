// What the command line's exit codes mean. Scripts rely on them: a code never changes its meaning.

export const EXIT = {
  ok: 0,
  /** The node, or the command, could not do it. */
  failed: 1,
  /** Arguments or settings are wrong; nothing was tried. */
  usage: 2,
  /** Done, but some rows were refused. */
  partly: 3,
  /** What was asked for does not exist, or is revoked. */
  notFound: 4,
  /** The node did not answer. */
  unreachable: 5,
  /** A store was checked and is damaged. */
  damaged: 6,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export const EXIT_CODE_HELP = `
Exit codes:
  0  done
  1  failed: the message says why
  2  wrong arguments or settings
  3  done, but some rows were refused
  4  not found, or revoked
  5  the node did not answer
  6  the store was checked and is damaged`;

/** Ends a command with a message for the person and a code for the script. */
export class CommandFailure extends Error {
  override readonly name = 'CommandFailure';
  readonly exitCode: ExitCode;

  constructor(exitCode: ExitCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}

// The only place that reads the environment. It knows names, and of settings nothing.

export type Environment = Readonly<Record<string, string | undefined>>;

/** Variables of the command line's clients, which are no settings of a node. */
const CLIENT_VARIABLES = { url: 'JIABIAO_URL', key: 'JIABIAO_KEY' } as const;
export const RESERVED_NAMES: readonly string[] = Object.values(CLIENT_VARIABLES);

export function readEnvironment(): Environment {
  return process.env;
}

/** Where the command line's clients go and with which key, unless flags say otherwise. */
export function clientEnvironment(environment = readEnvironment()): { url: string | null; key: string | null } {
  return { url: environment[CLIENT_VARIABLES.url] ?? null, key: environment[CLIENT_VARIABLES.key] ?? null };
}

/** Whether a script of package.json runs this process, so that npm and a shell stand between it and who ends it. */
export function isNpmScript(environment = readEnvironment()): boolean {
  return environment.npm_lifecycle_event !== undefined;
}

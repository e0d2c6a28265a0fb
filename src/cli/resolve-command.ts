// `jiabiao resolve HANDLE…`: what a client of the node would get, for a person or a script.

import { type Command, Option } from 'commander';
import { ApiClient } from './client.ts';
import { CommandFailure, EXIT } from './exit-codes.ts';
import type { TargetFlags } from './handle-target.ts';
import { collect, handlePath, parseCount, type SharedFlags, sharedFlagsOf } from './options.ts';
import { tableOf } from './table.ts';
import type { Terminal } from './terminal.ts';

/** An answer of the Handle API (handle-http's response). */
export interface HandleAnswer {
  readonly responseCode?: number;
  readonly handle?: string;
  readonly message?: string;
  readonly values?: readonly HandleValueJson[];
}

interface HandleValueJson {
  readonly index: number;
  readonly type: string;
  readonly data: { readonly format: string; readonly value: unknown } | string;
  readonly ttl?: number;
}

interface Flags extends TargetFlags {
  readonly type?: readonly string[];
  readonly index?: readonly string[];
  readonly protocol: 'http' | 'handle';
  readonly udp?: true;
  readonly trace?: true;
  readonly certified?: true;
  readonly auth?: true;
  readonly ignoreAliases?: true;
  readonly allowNetwork?: readonly string[];
  readonly timeout: number;
}

/** Longest that an identifier may take over the Handle protocol, in seconds. */
const DEFAULT_TIMEOUT = 10;

/** Response codes of the Handle protocol (RFC 3652 §2.2.2.3), in words. */
const MEANINGS: Readonly<Record<number, string>> = {
  100: 'is not registered, or is revoked',
  102: 'is not a handle',
  200: 'is registered, and has no value that was asked for and that everyone may read',
  301: 'belongs to a prefix that this node does not answer for',
};

export function addResolveCommand(program: Command, terminal: Terminal): void {
  program
    .command('resolve')
    .description(
      'Resolve identifiers, as any client would: at a node over HTTP, or at HOST[:PORT] over the Handle protocol.',
    )
    .argument(
      '<handle...>',
      'identifiers, such as 88.118.10001/CHAIR-01; with --protocol handle the last is HOST[:PORT]',
    )
    .option('--type <type>', 'only values of this type (repeatable)', collect)
    .option('--index <index>', 'only the value of this index (repeatable)', collect)
    .addOption(new Option('--protocol <protocol>', 'how to ask').choices(['http', 'handle']).default('http'))
    .option('--udp', 'handle: UDP first, not TCP')
    .option('--trace', 'handle: show each step with its time, as on a terminal')
    .option('--certified', 'handle: believe only what is signed with the key of its server')
    .option('--auth', 'handle: ask primary sites, and no cache')
    .option('--root', 'handle: who is asked has the prefix records, begin with 0.NA/…')
    .option('--site <file>', 'handle: ask the servers of this site (JSON or HS_SITE data), not a host')
    .option('--ignore-aliases', 'handle: show HS_ALIAS values, do not follow them')
    .option(
      '--allow-network <network>',
      'handle: go there though it is not public, if data says so (repeatable)',
      collect,
    )
    .option('--timeout <seconds>', 'handle: longest for one identifier', parseCount, DEFAULT_TIMEOUT)
    .action(async (words: readonly string[], flags: Flags, command: Command) => {
      const shared = sharedFlagsOf(command);
      const { handles, resolve, close } = await askerFor(words, flags, { shared, terminal });
      const missing: string[] = [];
      try {
        for (const handle of handles) {
          const answer = await resolve(handle);
          if (shared.json === true) terminal.print(JSON.stringify(answer));
          else printAnswer(answer, handle, terminal);
          if (answer.responseCode !== 1) missing.push(failureText(answer, handle));
        }
      } finally {
        close();
      }
      if (missing.length > 0) throw new CommandFailure(EXIT.notFound, missing.join('\n'));
    });
}

interface CommandAsker {
  readonly handles: readonly string[];
  readonly resolve: (handle: string) => Promise<HandleAnswer>;
  readonly close: () => void;
}

async function askerFor(
  words: readonly string[],
  flags: Flags,
  { shared, terminal }: { readonly shared: SharedFlags; readonly terminal: Terminal },
): Promise<CommandAsker> {
  if (flags.protocol === 'http') {
    const client = new ApiClient(shared);
    return { handles: words, resolve: (handle) => resolveOne(client, handle, flags), close() {} };
  }
  // Loaded only by who speaks it.
  const [{ openHandleResolver }, { targetsOf }, { traceLine }] = await Promise.all([
    import('./handle-resolution.ts'),
    import('./handle-target.ts'),
    import('./handle-trace.ts'),
  ]);
  const targets = targetsOf(words, flags);
  if (flags.certified === true && flags.site === undefined) {
    terminal.note('The key is what the server says of itself: to be sure of it, name it with --site.');
  }
  const showsTrace = shared.json !== true && (flags.trace === true || terminal.showsNotes);
  const resolver = openHandleResolver(targets, {
    types: flags.type ?? [],
    indexes: flags.index ?? [],
    udp: flags.udp === true,
    isCertified: flags.certified === true,
    isAuthoritative: flags.auth === true,
    followsAliases: flags.ignoreAliases !== true,
    allowedNetworks: flags.allowNetwork ?? [],
    timeoutSeconds: flags.timeout,
    onStep: (step) => (showsTrace ? terminal.note(traceLine(step)) : undefined),
  });
  return { handles: targets.handles, resolve: (text) => resolver.resolve(text), close: () => resolver.close() };
}

async function resolveOne(client: ApiClient, handle: string, { type = [], index = [] }: Flags): Promise<HandleAnswer> {
  const query = new URLSearchParams([...type.map((each) => ['type', each]), ...index.map((each) => ['index', each])]);
  const path = `${handlePath('/api/handles', handle)}${query.size > 0 ? `?${query}` : ''}`;
  const { status, body } = await client.ask({ method: 'GET', path, signed: false });
  const answer = body as HandleAnswer | null;
  if (answer?.responseCode === undefined) {
    throw new CommandFailure(EXIT.failed, `${client.url} answered ${status}, and not as the Handle API does.`);
  }
  if (status >= 500 || status === 429) throw new CommandFailure(EXIT.failed, failureText(answer, handle));
  return answer;
}

function printAnswer(answer: HandleAnswer, handle: string, terminal: Terminal): void {
  if (answer.responseCode !== 1) return;
  terminal.print(answer.handle ?? handle);
  const rows = (answer.values ?? []).map((value) => [value.index, value.type, textOf(value.data)]);
  for (const line of tableOf(['INDEX', 'TYPE', 'DATA'], rows)) terminal.print(`  ${line}`);
}

function textOf(data: HandleValueJson['data']): string {
  if (typeof data === 'string') return data;
  return typeof data.value === 'string' ? data.value : JSON.stringify(data.value);
}

function failureText({ responseCode = 0, message }: HandleAnswer, handle: string): string {
  const meaning = MEANINGS[responseCode];
  if (meaning === undefined && message !== undefined) return `${handle}: ${message}`;
  return `${handle} ${meaning ?? `was answered with code ${responseCode}`}.`;
}

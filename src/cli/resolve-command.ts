// `jiabiao resolve HANDLE…`: what a client of the node would get, for a person or a script.

import type { Command } from 'commander';
import { ApiClient } from './client.ts';
import { CommandFailure, EXIT } from './exit-codes.ts';
import { collect, handlePath, sharedFlagsOf } from './options.ts';
import { tableOf } from './table.ts';
import type { Terminal } from './terminal.ts';

/** An answer of the Handle API (handle-http's response). */
interface HandleAnswer {
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

interface Flags {
  readonly type?: readonly string[];
  readonly index?: readonly string[];
}

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
    .description('Resolve identifiers, as any client would.')
    .argument('<handle...>', 'identifiers, such as 88.118.10001/CHAIR-01')
    .option('--type <type>', 'only values of this type (repeatable)', collect)
    .option('--index <index>', 'only the value of this index (repeatable)', collect)
    .action(async (handles: readonly string[], flags: Flags, command: Command) => {
      const shared = sharedFlagsOf(command);
      const client = new ApiClient(shared);
      const missing: string[] = [];
      for (const handle of handles) {
        const answer = await resolveOne(client, handle, flags);
        if (shared.json === true) terminal.print(JSON.stringify(answer));
        else printAnswer(answer, handle, terminal);
        if (answer.responseCode !== 1) missing.push(failureText(answer, handle));
      }
      if (missing.length > 0) throw new CommandFailure(EXIT.notFound, missing.join('\n'));
    });
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
  return `${handle} ${MEANINGS[responseCode] ?? message ?? `was answered with code ${responseCode}`}.`;
}

// `jiabiao key …`: bearer keys and client certificates. A token is shown once, when it is made.

import { writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { ApiClient } from './client.ts';
import { CommandFailure, EXIT } from './exit-codes.ts';
import { listAll } from './listing.ts';
import { parseCount, sharedFlagsOf } from './options.ts';
import { readPem } from './pem-file.ts';
import { tableOf } from './table.ts';
import type { Terminal } from './terminal.ts';

interface KeyJson {
  readonly id: string;
  readonly principalId: string;
  readonly label: string;
  readonly certificateSubject?: string;
  readonly expiresAt: string | null;
  readonly revokedAt: string | null;
}

interface IssuedJson extends KeyJson {
  readonly token: string;
}

interface CreateFlags {
  readonly principal: string;
  readonly label: string;
  readonly expires?: string;
  readonly out?: string;
}

interface CertificateFlags extends Omit<CreateFlags, 'out'> {
  readonly file: string;
}

/** Readable by its owner alone. */
const KEY_FILE_MODE = 0o600;

export function addKeyCommand(program: Command, terminal: Terminal): void {
  const key = program.command('key').description('Keys that open the node to a principal.');
  key
    .command('create')
    .description('A new key. Its token is shown now and never again.')
    .requiredOption('--principal <id>', 'whose key it is (see: jiabiao principal list)')
    .requiredOption('--label <text>', 'what it is for')
    .option('--expires <instant>', 'when it stops working, such as 2027-01-31 or 2027-01-31T12:00:00Z')
    .option('--out <file>', 'write the token to a new file that only you can read, instead of showing it')
    .action(async ({ principal, label, expires, out }: CreateFlags, command: Command) => {
      const expiresAt = expires === undefined ? undefined : instantOf(expires);
      const body = { principalId: principal, label, expiresAt };
      const request = { method: 'POST', path: '/v1/keys', body, signed: true } as const;
      const answer = await new ApiClient(sharedFlagsOf(command)).call(request);
      showIssued(answer.body as IssuedJson, { out, json: sharedFlagsOf(command).json === true }, terminal);
    });
  addCertificateCommand(key, terminal);
  key
    .command('list')
    .description('All keys, without their tokens.')
    .option('--limit <count>', 'at most this many', parseCount, 1000)
    .action(async ({ limit }: { readonly limit: number }, command: Command) => {
      const shared = sharedFlagsOf(command);
      const items = await listAll<KeyJson>(new ApiClient(shared), '/v1/keys', limit);
      if (shared.json === true) return terminal.print(JSON.stringify(items));
      const rows = items.map((item) => [
        item.id,
        item.principalId,
        item.expiresAt,
        item.revokedAt,
        item.label,
        item.certificateSubject ?? '',
      ]);
      for (const line of tableOf(['ID', 'PRINCIPAL', 'EXPIRES', 'REVOKED', 'LABEL', 'CERTIFICATE'], rows))
        terminal.print(line);
    });
  key
    .command('rotate')
    .description('A new key for the same principal; the old one goes on for a while.')
    .argument('<id>')
    .option('--grace <seconds>', 'how long the old key still works', parseCount, 0)
    .option('--out <file>', 'write the token to a new file that only you can read, instead of showing it')
    .action(async (id: string, flags: { readonly grace: number; readonly out?: string }, command: Command) => {
      const path = `/v1/keys/${encodeURIComponent(id)}/rotate`;
      const request = { method: 'POST', path, body: { graceSeconds: flags.grace }, signed: true } as const;
      const answer = await new ApiClient(sharedFlagsOf(command)).call(request);
      showIssued(answer.body as IssuedJson, { out: flags.out, json: sharedFlagsOf(command).json === true }, terminal);
    });
  key
    .command('revoke')
    .description('Close a key at once.')
    .argument('<id>')
    .action(async (id: string, _flags: object, command: Command) => {
      const request = { method: 'DELETE', path: `/v1/keys/${encodeURIComponent(id)}`, signed: true } as const;
      const { body } = await new ApiClient(sharedFlagsOf(command)).call(request);
      terminal.print(sharedFlagsOf(command).json === true ? JSON.stringify(body) : `${id}  revoked`);
    });
}

function addCertificateCommand(key: Command, terminal: Terminal): void {
  key
    .command('certificate')
    .description(
      'Let a client certificate act as a principal, on a node with tls.clientCa. Its renewals go on working.',
    )
    .requiredOption('--principal <id>', 'who it acts as (see: jiabiao principal list)')
    .requiredOption('--label <text>', 'what it is for')
    .requiredOption('--file <file>', 'the certificate (PEM), without its private key')
    .option('--expires <instant>', 'when it stops working, such as 2027-01-31 or 2027-01-31T12:00:00Z')
    .action(async ({ principal, label, expires, file }: CertificateFlags, command: Command) => {
      const expiresAt = expires === undefined ? undefined : instantOf(expires);
      const body = { principalId: principal, label, expiresAt, certificate: certificateIn(file) };
      const request = { method: 'POST', path: '/v1/keys/certificates', body, signed: true } as const;
      const answer = await new ApiClient(sharedFlagsOf(command)).call(request);
      const { id, certificateSubject } = answer.body as KeyJson;
      const isJson = sharedFlagsOf(command).json === true;
      terminal.print(isJson ? JSON.stringify(answer.body) : `Key ${id} is the certificate of ${certificateSubject}.`);
    });
}

/** The first certificate of the file alone: a private key in it stays here. */
function certificateIn(file: string): string {
  const [first] = readPem(file, '--file').match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/) ?? [];
  if (first !== undefined) return first;
  throw new CommandFailure(EXIT.usage, `--file: ${file} holds no certificate, only other PEM.`);
}

function instantOf(text: string): string {
  const at = Date.parse(text);
  if (Number.isNaN(at))
    throw new CommandFailure(EXIT.usage, `"${text}" is no instant: write 2027-01-31 or 2027-01-31T12:00:00Z.`);
  return new Date(at).toISOString();
}

function showIssued(
  issued: IssuedJson,
  { out, json }: { readonly out: string | undefined; readonly json: boolean },
  terminal: Terminal,
): void {
  if (out === undefined) {
    terminal.print(json ? JSON.stringify(issued) : issued.token);
    if (!json) terminal.note(`Key ${issued.id}. Keep the token: it is not shown again.`);
    return;
  }
  try {
    writeFileSync(out, `${issued.token}\n`, { mode: KEY_FILE_MODE, flag: 'wx' });
  } catch (cause) {
    // The token exists nowhere else: showing it is better than losing it.
    terminal.print(issued.token);
    throw new CommandFailure(
      EXIT.failed,
      `${out} cannot be written (${(cause as Error).message}); the token is printed instead.`,
      { cause },
    );
  }
  const { token: _token, ...shown } = issued;
  terminal.print(json ? JSON.stringify(shown) : `Key ${issued.id} is in ${out}.`);
}

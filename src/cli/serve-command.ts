// `jiabiao serve`: starts a node in this process and tells the person where it is.

import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { Option } from 'commander';
import type { RunningNode } from '../app/supervisor.ts';
import { ApiClient } from './client.ts';
import { type DemoSummary, loadDemo } from './demo.ts';
import { demoLines } from './demo-lines.ts';
import { sharedFlagsOf } from './options.ts';
import type { Terminal } from './terminal.ts';
import { PACKAGE_VERSION } from './version.ts';

interface Flags {
  readonly config?: string;
  readonly host?: string;
  readonly port?: string;
  readonly store?: string;
  readonly data?: string;
  readonly workers?: string;
  readonly logLevel?: string;
  readonly allowPlainHttp?: true;
  readonly demo?: true;
  readonly firstKeyFile?: string;
}

export function addServeCommand(program: Command, terminal: Terminal): void {
  program
    .command('serve')
    .description('Run a node. Settings: defaults, then --config, then the environment, then these flags.')
    .option('--config <file>', 'JSON file of settings (see: jiabiao config print --describe)')
    .option('--host <address>', 'address to listen on (http.host)')
    .option('--port <port>', 'port to listen on, 0 for a free one (http.port)')
    .addOption(
      new Option('--store <kind>', 'where identifiers are kept (store.kind)').choices(['lmdb', 'memory', 'postgres']),
    )
    .option('--data <directory>', 'directory of the store (store.path)')
    .option('--workers <count>', 'threads that answer requests, or auto (workers)')
    .option('--log-level <level>', 'trace, debug, info, warn, error or silent (log.level)')
    .option('--allow-plain-http', 'listen beyond loopback without TLS (http.allowPlainHttp)')
    .option('--first-key-file <file>', 'where the first operator key goes (default: operator.key in --data)')
    .option('--demo', 'load three enterprises and about 1,000 products to try')
    .action((flags: Flags, command: Command) => serve(flags, sharedFlagsOf(command).json === true, terminal));
}

async function serve(flags: Flags, json: boolean, terminal: Terminal): Promise<void> {
  // Loaded here, so that the commands that are only clients start fast.
  const { loadConfig } = await import('../app/config.ts');
  const { createLog } = await import('../app/logs.ts');
  const { startNode } = await import('../app/supervisor.ts');
  const { closeOnSignals } = await import('../app/lifecycle.ts');
  const config = loadConfig({ file: flags.config, flags: settingsIn(flags) });
  const log = createLog(config.log, 'main');
  const options = { config, version: PACKAGE_VERSION, log, operatorKeyFile: flags.firstKeyFile ?? null };
  const node = await startNode(options);
  closeOnSignals(() => node.close(), log, config.http.drainMs);
  try {
    const url = urlOf(node.address, config.tls.certificate !== null);
    // This very process: its certificate may name other hosts than the loopback that is asked here.
    const ownClient = { url, keyFile: node.operatorKeyFile, trustsAnyCertificate: true };
    const demo = flags.demo === true ? await loadDemo(new ApiClient(ownClient)) : null;
    if (json) terminal.print(JSON.stringify({ url, operatorKeyFile: node.operatorKeyFile, demo }));
    else for (const line of introduction(node, url, demo, terminal.showsResults)) terminal.print(line);
  } catch (error) {
    await node.close();
    throw error;
  }
}

/** Flags that stand for settings: [path, text, flag]. */
function settingsIn(flags: Flags): [string, string, string][] {
  const named: [string, string | undefined, string][] = [
    ['http.host', flags.host, '--host'],
    ['http.port', flags.port, '--port'],
    ['store.kind', flags.store, '--store'],
    ['store.path', flags.data, '--data'],
    ['workers', flags.workers, '--workers'],
    ['log.level', flags.logLevel, '--log-level'],
    ['http.allowPlainHttp', flags.allowPlainHttp === true ? 'true' : undefined, '--allow-plain-http'],
  ];
  return named.flatMap(([path, text, flag]) => (text === undefined ? [] : [[path, text, flag]]));
}

/** An address that a client on this machine can use. */
function urlOf({ host, port }: RunningNode['address'], secure: boolean): string {
  const scheme = secure ? 'https' : 'http';
  if (host === '0.0.0.0') return `${scheme}://127.0.0.1:${port}`;
  if (host === '::') return `${scheme}://[::1]:${port}`;
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function handleLines({ handleAddress }: RunningNode): string[] {
  if (handleAddress === null) return [];
  return [`  handle    ${handleAddress.host} port ${handleAddress.port}, TCP and UDP (RFC 3652)`];
}

/** Nodes with one store have one first operator, whose key is where the first of them was started. */
function whereKeyIs(file: string): string {
  if (existsSync(file)) return `The operator key of the first start is in ${file}.`;
  return `The operator key of the first start is not in ${file}: it is where that was, at another node or under another name.`;
}

function introduction(node: RunningNode, url: string, demo: DemoSummary | null, toPerson: boolean): string[] {
  const { metricsAddress } = node;
  const watched = metricsAddress === null ? url : urlOf(metricsAddress, false);
  const lines = [
    `Jiabiao ${PACKAGE_VERSION} answers at ${url}`,
    `  resolve   ${url}/api/handles/{handle}`,
    `  register  ${url}/v1/identifiers/{handle}`,
    `  browse    ${url}/docs`,
    ...handleLines(node),
    `  watch     ${watched}/metrics  /healthz  /readyz`,
    '',
  ];
  const { firstKey, operatorKeyFile } = node;
  if (firstKey === null) lines.push(whereKeyIs(operatorKeyFile));
  else if (toPerson) lines.push(`The first operator key is ${firstKey.token}`, `and is kept in ${firstKey.file}.`);
  else lines.push(`The first operator key is in ${firstKey.file}.`);
  if (demo !== null) lines.push('', ...demoLines(demo, { url, watched, keyFile: operatorKeyFile }));
  lines.push('', 'Stop it with Ctrl-C.');
  return lines;
}

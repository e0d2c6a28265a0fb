// Programs of the system that tests call. Present: used. Missing: installed where that is ours to do, else named.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

interface Tool {
  readonly command: string;
  /** Debian's package that brings it. */
  readonly package: string;
  readonly why: string;
  /** A service that the package starts and that nobody asked for. */
  readonly service?: string;
}

/** Only Linux has them; tests that need one say so and are left out elsewhere. */
const LINUX_TOOLS: readonly Tool[] = [
  { command: 'chromium', package: 'chromium', why: 'opens the pages as a phone and an office do' },
  { command: 'curl', package: 'curl', why: 'runs the lines that `npm start -- --demo` prints' },
  { command: 'fish', package: 'fish', why: 'is asked what it would complete' },
  { command: 'openssl', package: 'openssl', why: "runs the README's line that makes a certificate" },
  {
    command: 'redis-server',
    package: 'redis-server',
    why: 'is shared by nodes, killed and frozen',
    service: 'redis-server',
  },
  { command: 'strace', package: 'strace', why: 'shows that no write is acknowledged before it is on disk' },
  {
    command: 'promtool',
    package: 'prometheus',
    why: 'checks the alert rules and scrapes a node',
    service: 'prometheus',
  },
  { command: 'systemd-analyze', package: 'systemd', why: 'judges the service unit' },
  { command: 'zsh', package: 'zsh', why: 'is asked what it would complete' },
];

/** Returns true if every tool is there, having said what it did. */
export function provideTools(): boolean {
  if (process.platform !== 'linux') {
    say(`${process.platform}: no system packages needed (tests that call Linux tools are left out)`);
    return true;
  }
  const missing = LINUX_TOOLS.filter((tool) => !isOnPath(tool.command));
  if (missing.length === 0) {
    say(`on the path: ${LINUX_TOOLS.map((tool) => tool.command).join(', ')}`);
    return true;
  }
  for (const tool of missing) say(`missing: ${tool.command}, which ${tool.why}`);
  const packages = missing.map((tool) => tool.package);
  if (existsSync('/usr/bin/apt-get') && process.getuid?.() === 0) {
    const installed = installWithApt(packages);
    for (const { service } of missing) if (service !== undefined) endService(service);
    return installed;
  }
  say(`install ${packages.length > 1 ? 'them' : 'it'}, then run npm test again:\n\n  ${installCommand(packages)}\n`);
  return false;
}

function installWithApt(packages: readonly string[]): boolean {
  const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const run = (args: readonly string[]) =>
    spawnSync('apt-get', args, { stdio: ['ignore', 'ignore', 'inherit'], env: environment }).status === 0;
  say(`apt-get install ${packages.join(' ')}`);
  const install = ['install', '-y', '-q', '--no-install-recommends', ...packages];
  // Old package lists are good enough if they still lead somewhere.
  if (run(install) || (run(['update', '-q']) && run(install))) {
    say(`installed: ${packages.join(', ')}`);
    return true;
  }
  say(`apt-get could not install ${packages.join(', ')}; its messages are above`);
  return false;
}

/** Of a package that was just installed: ends its service, now and at the next start. Both commands are Debian's own. */
function endService(service: string): void {
  spawnSync('service', [service, 'stop'], { stdio: 'ignore' });
  spawnSync('update-rc.d', [service, 'disable'], { stdio: 'ignore' });
}

function installCommand(packages: readonly string[]): string {
  const names = packages.join(' ');
  if (existsSync('/usr/bin/apt-get')) return `sudo apt-get install -y ${names}`;
  if (existsSync('/usr/bin/dnf')) return `sudo dnf install -y ${names}`;
  if (existsSync('/sbin/apk')) return `sudo apk add ${names}`;
  return `install with your system's package manager: ${names}`;
}

function isOnPath(command: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => folder !== '' && existsSync(join(folder, command)));
}

function say(text: string): void {
  console.log(`tools: ${text}`);
}

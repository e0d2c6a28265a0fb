// The version that package.json states, for --version, /metrics and the log.

import { readFileSync } from 'node:fs';

interface PackageFile {
  readonly version: string;
}

export const PACKAGE_VERSION = (
  JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as PackageFile
).version;

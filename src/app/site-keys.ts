// The file of the site's keys, beside the store: the first signs, earlier ones are kept for who knows the site by an earlier
// serial number, until they are withdrawn. Replaced as a whole, so that a running node never reads half of it.

import { createPrivateKey, generateKeyPair, type KeyObject } from 'node:crypto';
import {
  chownSync,
  closeSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { promisify } from 'node:util';
import { HandleError } from '../domain/error.ts';

export interface SiteKey {
  /** PKCS #8 in PEM. */
  readonly pem: string;
  /** By how much it has raised the serial number of the settings. */
  readonly raises: number;
  /** Serial number of the site with which its time began; 0 of the first. */
  readonly fromSerial: number;
  /** When it was made; null of the first. */
  readonly since: string | null;
}

const FILE_MODE = 0o600;
const KEY_BITS = 2048;
const MAX_SERIAL = 0xfffe;
/** Each rotation waits for caches of the site to end; more at once only hide that nobody withdraws. */
const MAX_KEYS = 8;
const MAX_FILE_BYTES = 65_536;

const HEAD = '# Keys of the Handle site. The first signs; jiabiao site withdraw-key removes the others.';
const KEY = /^# raises (\d{1,5}) from (\d{1,5}) since (\S+)$/;
const PEM_END = /^-----END [A-Z ]*PRIVATE KEY-----$/;

export async function makeSiteKey(): Promise<SiteKey> {
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: KEY_BITS });
  return { pem: pemOf(privateKey), raises: 0, fromSerial: 0, since: null };
}

/** Null if there is no file. Throws `INVALID_CONFIG`. */
export function readSiteKeys(file: string): readonly SiteKey[] | null {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw unusable(file, `it cannot be read (${(cause as Error).message})`, cause);
  }
  return parseSiteKeys(text, file);
}

function parseSiteKeys(text: string, file: string): readonly SiteKey[] {
  if (text.length > MAX_FILE_BYTES) throw unusable(file, 'it is too large');
  const keys: SiteKey[] = [];
  let about: Omit<SiteKey, 'pem'> = { raises: 0, fromSerial: 0, since: null };
  let pem = '';
  for (const line of text.split(/\r?\n/)) {
    const [, raises, from, since] = KEY.exec(line) ?? [];
    if (since !== undefined) about = { raises: Number(raises), fromSerial: Number(from), since };
    if (line.startsWith('#') || line === '') continue;
    pem += `${line}\n`;
    if (!PEM_END.test(line)) continue;
    keys.push({ pem: checked(pem, file), ...about });
    about = { raises: 0, fromSerial: 0, since: null };
    pem = '';
  }
  if (pem !== '' || keys.length === 0) throw unusable(file, 'it is no whole key');
  return keys;
}

function checked(pem: string, file: string): string {
  try {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType === 'rsa') return pemOf(key);
  } catch (cause) {
    throw unusable(file, `a key in it cannot be read (${(cause as Error).message})`, cause);
  }
  throw unusable(file, 'a key in it is not of RSA');
}

function pemOf(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

export function formatSiteKeys(keys: readonly SiteKey[]): string {
  const about = ({ raises, fromSerial, since }: SiteKey): string =>
    since === null ? '' : `# raises ${raises} from ${fromSerial} since ${since}\n`;
  return `${HEAD}\n${keys.map((key) => `${about(key)}${key.pem}`).join('')}`;
}

export interface SiteKeyChange {
  readonly file: string;
  /** Serial number of the settings. */
  readonly siteSerial: number;
  readonly nowMs: number;
}

/** Puts a new key before those there are. Throws `INVALID_CONFIG`, `NOT_FOUND` or `INVALID_STATE`. */
export async function rotateSiteKey({ file, siteSerial, nowMs }: SiteKeyChange): Promise<readonly SiteKey[]> {
  const before = existing(file);
  if (before.length >= MAX_KEYS) {
    const message = `There are ${before.length} keys: withdraw the earlier ones first (jiabiao site withdraw-key).`;
    throw new HandleError('INVALID_STATE', message);
  }
  const raises = (before[0] as SiteKey).raises + 1;
  const fromSerial = siteSerial + raises;
  if (fromSerial > MAX_SERIAL) {
    throw new HandleError(
      'INVALID_STATE',
      'The serial number of the site cannot rise any more: lower handle.siteSerial.',
    );
  }
  const { pem } = await makeSiteKey();
  const keys = [{ pem, raises, fromSerial, since: new Date(nowMs).toISOString() }, ...before];
  replace(file, keys);
  return keys;
}

/** Leaves the first key alone, and returns those that are gone. Throws `INVALID_CONFIG` or `NOT_FOUND`. */
export function withdrawSiteKeys(file: string): readonly SiteKey[] {
  const [first, ...earlier] = existing(file);
  if (first !== undefined && earlier.length > 0) replace(file, [first]);
  return earlier;
}

function existing(file: string): readonly SiteKey[] {
  const keys = readSiteKeys(file);
  if (keys !== null) return keys;
  const message = `There is no key of a site in ${file}: the first start with handle.port makes one.`;
  throw new HandleError('NOT_FOUND', message);
}

/** On disk, whole, and still its owner's: whoever rotates may be root, and the node is not. */
function replace(file: string, keys: readonly SiteKey[]): void {
  const partial = `${file}.new`;
  let fd: number | null = null;
  try {
    const { uid, gid } = statSync(file);
    fd = openSync(partial, 'wx', FILE_MODE);
    writeSync(fd, formatSiteKeys(keys));
    fsyncSync(fd);
    if (statSync(partial).uid !== uid) chownSync(partial, uid, gid);
    closeSync(fd);
    fd = null;
    renameSync(partial, file);
  } catch (cause) {
    const isTaken = (cause as NodeJS.ErrnoException).code === 'EEXIST';
    if (fd !== null) closeSync(fd);
    if (!isTaken) rmSync(partial, { force: true });
    throw unusable(
      file,
      isTaken ? `another change is under way, or was cut off (${partial})` : (cause as Error).message,
      cause,
    );
  }
}

function unusable(file: string, why: string, cause?: unknown): HandleError {
  const message = `The keys of the site in ${file} cannot be used: ${why}. Mend the file, or put it back from a backup.`;
  return new HandleError('INVALID_CONFIG', message, { cause });
}

// Keeps the site that the doors answer as in step with the file of its keys: a rotation or withdrawal counts without a restart,
// and a file that cannot be used changes nothing.

import { type AuditTrail, nodeEvent } from '../domain/audit.ts';
import { failureOf, HandleError } from '../domain/error.ts';
import type { Agreements } from '../peers/agreements.ts';
import type { Config } from './config.ts';
import type { Counters } from './counters.ts';
import { agreeOnSiteKeys, type HandleSite, siteKeyFileOf, siteOf } from './handle-site.ts';
import type { Log } from './logs.ts';
import { readSiteKeys } from './site-keys.ts';

/** A rotation counts this soon. */
const SITE_INTERVAL_MS = 5000;

export interface SiteWatch {
  /** Null if the Handle protocol is off. */
  current(): HandleSite | null;
  /** `tell` is told of every site from now on; one listener, whoever runs the doors. */
  onRenewed(tell: (site: HandleSite) => void): void;
  /** Looks at the file now. Never throws or rejects. */
  check(): Promise<void>;
  end(): void;
}

export function watchSite(parts: {
  readonly config: Config;
  readonly site: HandleSite | null;
  /** With the other nodes of the registry; null if there are none. */
  readonly agreements: Agreements | null;
  readonly counters: Pick<Counters, 'set'>;
  readonly log: Log;
  readonly trail: AuditTrail;
}): SiteWatch {
  const { config, agreements, counters, log, trail } = parts;
  const isKept = parts.site !== null && config.store.kind !== 'memory';
  let { site } = parts;
  let tell = (_site: HandleSite): void => {};
  let objection: string | null = null;
  const object = (reason: string | null): void => {
    if (reason === objection) return;
    objection = reason;
    counters.set('siteKeyRefused', reason === null ? 0 : 1);
    if (reason === null) log.info({}, 'the keys of the Handle site can be used again');
    else log.error({ reason }, 'the site goes on with the keys read before');
  };
  const look = async (): Promise<void> => {
    if (site === null) return;
    try {
      const file = siteKeyFileOf(config);
      const keys = readSiteKeys(file);
      if (keys === null && isKept) throw gone(file);
      if (keys !== null && !isSame(keys, site.keys)) await agreeOnSiteKeys(agreements, { file, keys });
      object(null);
      if (keys === null || isSame(keys, site.keys)) return;
      const renewed = siteOf(config, site.port, keys);
      const isRotated = renewed.serialNumber !== site.serialNumber;
      site = renewed;
      tell(site);
      const { serialNumber } = site;
      log.info({ serialNumber, keys: keys.length }, 'the keys of the Handle site were changed');
      trail.record(nodeEvent('site-keys-loaded', null, { serialNumber, keys: keys.length, isRotated }));
    } catch (error) {
      object(failureOf(error).message);
    }
  };
  let looking: Promise<void> | null = null;
  /** One look at a time: the other nodes' store may be slow. */
  const check = (): Promise<void> => {
    looking ??= look().finally(() => {
      looking = null;
    });
    return looking;
  };
  const timer = isKept ? setInterval(() => void check(), SITE_INTERVAL_MS) : null;
  timer?.unref();
  return {
    current: () => site,
    onRenewed(listener) {
      tell = listener;
    },
    check,
    end: () => {
      if (timer !== null) clearInterval(timer);
    },
  };
}

function gone(file: string): HandleError {
  const reason = `${file} is gone: put it back from a backup or another node, or the next start makes another key.`;
  return new HandleError('INVALID_CONFIG', reason);
}

function isSame(one: readonly { readonly pem: string }[], other: readonly { readonly pem: string }[]): boolean {
  return one.length === other.length && one.every(({ pem }, i) => pem === other[i]?.pem);
}

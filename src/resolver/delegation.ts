// Which prefixes below our own are answered for by their enterprise's node, as their prefix records say. It reads records
// and remembers what they mean; it asks no other node for a handle's values.

import { type EpochTable, enterpriseSlotOf, slotOf } from '../cache/epoch-table.ts';
import { type ByteString, textFromBytes } from '../domain/bytes.ts';
import { isHandleError } from '../domain/error.ts';
import type { DelegatedSite } from '../domain/foreign-answer.ts';
import { type Handle, parseHandle, prefixHandleOf } from '../domain/handle.ts';
import { MAX_SITES_OF_RECORD } from '../domain/handle-client-limits.ts';
import { ALL_VALUES, type HandleValue, selectValues } from '../domain/handle-value.ts';
import { MAX_REMEMBERED, MAX_SERVICE_STEPS } from '../domain/limits.ts';
import { setNewest } from '../domain/newest.ts';
import type { Prefix } from '../domain/prefix.ts';
import type { Awaitable, RecordReader } from '../store/registry-store.ts';
import { formatIpAddress } from '../wire/ip-address-text.ts';
import { decodeSite, type Site } from '../wire/site-value.ts';

export interface DelegationsOptions {
  readonly store: Pick<RecordReader, 'get'>;
  readonly epochs: EpochTable;
  readonly clock: () => number;
  /** `host` or `host:port` under which this node is known: who names them delegates nothing. */
  readonly ownAddresses: readonly string[];
}

export interface Delegation {
  readonly prefix: Prefix;
  readonly prefixHandle: Handle;
  /** The values that say where to ask. */
  readonly values: readonly HandleValue[];
  /** Where it can be asked; null if nowhere. */
  readonly site: DelegatedSite | null;
}

/** What one prefix's own record says. */
interface Zone {
  readonly delegation: Delegation | null;
  readonly epoch: number;
  readonly changeSlots: readonly number[];
  readonly until: number;
}

/** The nearest delegation on the way up from a prefix, and what that depends on. */
export interface Nearest {
  readonly delegation: Delegation | null;
  readonly changeSlots: readonly number[];
}

/** How long a zone is kept: what it depends on ends it sooner, but for a service handle that appears only later. */
const ZONE_MS = 60_000;
const SITE_TYPES: ReadonlySet<string> = new Set(['HS_SITE', 'HS_SITE.6', 'HS_SERV', 'SITE_URL']);

export class Delegations {
  readonly #options: DelegationsOptions;
  readonly #own: ReadonlySet<string>;
  readonly #zones = new Map<Prefix, Zone>();

  constructor(options: DelegationsOptions) {
    this.#options = options;
    this.#own = new Set(options.ownAddresses.map((address) => address.toLowerCase()));
  }

  /** Longest prefix first, from `prefix` up to below `home`, which is ours: at most as many steps as it has segments. */
  nearest(prefix: Prefix, home: Prefix): Awaitable<Nearest> {
    return this.#climb(prefix, home, []);
  }

  #climb(prefix: Prefix, home: Prefix, slots: readonly number[]): Awaitable<Nearest> {
    if (prefix.length <= home.length) return { delegation: null, changeSlots: slots };
    const next = (zone: Zone): Awaitable<Nearest> => {
      const changeSlots = [...slots, ...zone.changeSlots];
      if (zone.delegation !== null) return { delegation: zone.delegation, changeSlots };
      return this.#climb(prefix.slice(0, prefix.lastIndexOf('.')) as Prefix, home, changeSlots);
    };
    const zone = this.#zone(prefix);
    return zone instanceof Promise ? zone.then(next) : next(zone);
  }

  #zone(prefix: Prefix): Awaitable<Zone> {
    const { epochs, clock } = this.#options;
    const kept = this.#zones.get(prefix);
    if (kept !== undefined && clock() < kept.until && epochs.holds({ ...kept, creationSlot: null })) return kept;
    const epoch = epochs.current();
    const remember = (read: Omit<Zone, 'epoch' | 'until'>): Zone => {
      const zone = { ...read, epoch, until: clock() + ZONE_MS };
      setNewest(this.#zones, prefix, zone, MAX_REMEMBERED);
      return zone;
    };
    const read = this.#read(prefix);
    return read instanceof Promise ? read.then(remember) : remember(read);
  }

  #read(prefix: Prefix): Awaitable<Omit<Zone, 'epoch' | 'until'>> {
    const prefixHandle = prefixHandleOf(prefix);
    // Rises with every change of the prefix record, its creation included (see app/announce.ts).
    const changeSlots = [enterpriseSlotOf(prefix)];
    const found = (values: readonly HandleValue[]): Awaitable<Omit<Zone, 'epoch' | 'until'>> => {
      const said = values.filter(({ type }) => SITE_TYPES.has(type.toUpperCase()));
      if (said.length === 0) return { delegation: null, changeSlots };
      const followed = this.#followed(said, [prefixHandle]);
      const finish = (sites: readonly HandleValue[]): Omit<Zone, 'epoch' | 'until'> => ({
        delegation: this.#delegationFrom(prefix, said, sites),
        changeSlots: [...changeSlots, ...servicesOf(said).map(slotOf)],
      });
      return followed instanceof Promise ? followed.then(finish) : finish(followed);
    };
    const values = this.#publicValuesOf(prefixHandle);
    return values instanceof Promise ? values.then(found) : found(values);
  }

  #publicValuesOf(handle: Handle): Awaitable<readonly HandleValue[]> {
    const shown = (record: Awaited<ReturnType<RecordReader['get']>>): readonly HandleValue[] =>
      record === null || record.status !== 'active' ? [] : selectValues(record.values, 'public', ALL_VALUES);
    const record = this.#options.store.get(handle);
    return record instanceof Promise ? record.then(shown) : shown(record);
  }

  /** Sites said directly and, through HS_SERV, by the service handles they name; no service twice, so no loop. */
  #followed(said: readonly HandleValue[], seen: readonly Handle[]): Awaitable<readonly HandleValue[]> {
    const sites = said.filter(({ type }) => SITE_TYPES.has(type.toUpperCase()) && type.toUpperCase() !== 'HS_SERV');
    const [service] = servicesOf(said).filter((handle) => !seen.includes(handle));
    if (service === undefined || seen.length > MAX_SERVICE_STEPS) return sites;
    const join = (values: readonly HandleValue[]): Awaitable<readonly HandleValue[]> => {
      const above = this.#followed(values, [...seen, service]);
      return above instanceof Promise ? above.then((more) => [...sites, ...more]) : [...sites, ...above];
    };
    const values = this.#publicValuesOf(service);
    return values instanceof Promise ? values.then(join) : join(values);
  }

  #delegationFrom(prefix: Prefix, said: readonly HandleValue[], sites: readonly HandleValue[]): Delegation | null {
    const all = sites.flatMap(urlsOf);
    const urls = [...new Set(all.filter((url) => !this.#isOwn(url)))];
    // A site that is this very node delegates nothing: to follow it would be a loop.
    if (urls.length === 0 && (all.length > 0 || sites.some((value) => this.#isOwnServer(value)))) return null;
    const isElsewhere = (value: HandleValue): boolean => speaksHandle(value) && !this.#isOwnServer(value);
    const handleSites = sites.filter(isElsewhere).slice(0, MAX_SITES_OF_RECORD);
    const site = { prefix, urls, sites: handleSites.map(({ data }) => data) };
    return {
      prefix,
      prefixHandle: prefixHandleOf(prefix),
      values: said,
      site: urls.length + handleSites.length === 0 ? null : site,
    };
  }

  #isOwn(url: string): boolean {
    const { hostname, port, protocol } = new URL(url);
    const actual = port === '' ? (protocol === 'https:' ? '443' : '80') : port;
    return this.#own.has(hostname) || this.#own.has(`${hostname}:${actual}`);
  }

  #isOwnServer(value: HandleValue): boolean {
    return (siteOf(value)?.servers ?? []).some(({ address, interfaces }) => {
      const host = hostOf(address);
      return this.#own.has(formatIpAddress(address)) || interfaces.some(({ port }) => this.#own.has(`${host}:${port}`));
    });
  }
}

function servicesOf(values: readonly HandleValue[]): readonly Handle[] {
  return values.flatMap(({ type, data }) => {
    if (type.toUpperCase() !== 'HS_SERV') return [];
    try {
      return [parseHandle(textFromBytes(data), () => false)];
    } catch {
      return []; // names no handle, so it leads nowhere
    }
  });
}

function urlsOf(value: HandleValue): readonly string[] {
  if (value.type.toUpperCase() === 'SITE_URL') {
    const text = textFromBytes(value.data).replace(/\/+$/, '');
    if (!URL.canParse(text)) return [];
    const { protocol, username, search, hash } = new URL(text);
    const isPlain = (protocol === 'http:' || protocol === 'https:') && username + search + hash === '';
    return isPlain ? [text] : [];
  }
  return (siteOf(value)?.servers ?? []).flatMap(({ address, interfaces }) => {
    const host = hostOf(address);
    return interfaces
      .filter(({ query, protocol }) => query && (protocol === 'HTTP' || protocol === 'HTTPS'))
      .map(({ protocol, port }) => `${protocol.toLowerCase()}://${host}:${port}`);
  });
}

/** Whether it can be asked over the Handle protocol. */
function speaksHandle(value: HandleValue): boolean {
  return (siteOf(value)?.servers ?? []).some(({ interfaces }) =>
    interfaces.some(({ query, protocol }) => query && (protocol === 'TCP' || protocol === 'UDP')),
  );
}

function hostOf(address: ByteString): string {
  const text = formatIpAddress(address);
  return text.includes(':') ? `[${text}]` : text;
}

/** Null for what is no site, or none that can be read: then somebody else may still be able to. */
function siteOf({ type, data }: HandleValue): Site | null {
  if (!type.toUpperCase().startsWith('HS_SITE')) return null;
  try {
    return decodeSite(data);
  } catch (error) {
    if (isHandleError(error)) return null;
    throw error;
  }
}

// Where the address of an identifier leads: on to the address that is registered for it, as the reference server's proxy does, or
// nowhere, and then it is shown. What is recalled is shown always, and product data is never followed.

import type { IncomingMessage } from 'node:http';
import Negotiator from 'negotiator';
import type { Answer, Found } from '../domain/answer.ts';
import { type ByteString, textFromBytes } from '../domain/bytes.ts';
import { isHandleError } from '../domain/error.ts';
import { ALL_VALUES, type HandleValue, selectValues } from '../domain/handle-value.ts';
import { MAX_ALIASES_FOLLOWED } from '../domain/limits.ts';
import { FIRST_ELEMENT_INDEX } from '../domain/template.ts';
import { type Asker, USUAL } from '../resolver/asker.ts';
import type { Caller } from './client-network.ts';
import { chooseLocation, isForPrograms, type Location, type LocationList } from './locations.ts';
import { type ProxyQuery, pathOfIdentifier } from './proxy-query.ts';
import { appended, locationHeader } from './proxy-target.ts';

export interface ProxyOptions {
  readonly asker: Asker<Caller>;
  readonly clock: () => number;
  readonly randomBytes: (size: number) => Buffer;
  /** In which somebody in front says what country a client is in; null if nobody does. */
  readonly countryHeader: string | null;
}

export type ProxyAnswer =
  | {
      readonly kind: 'redirect';
      readonly status: number;
      readonly location: string;
      /** How long the address counts, and until when: epoch milliseconds. */
      readonly ttlSeconds: number;
      readonly expiresAt: number;
      /** Request headers the choice depended on. */
      readonly vary: readonly string[];
    }
  | { readonly kind: 'locations'; readonly xml: string }
  | { readonly kind: 'alias-loop' };

const URL_TYPE = 'URL';
const LOCATIONS_TYPE = '10320/LOC';
const ALIAS_TYPE = 'HS_ALIAS';
const FOUND = 302;
const MOVED = 301;
const STATUSES: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const MAX_TTL_SECONDS = 172_800;

export class LeadingOn {
  readonly #options: ProxyOptions;

  constructor(options: ProxyOptions) {
    this.#options = options;
  }

  /** Null if the answer is to be shown. Throws what asking for the target of an alias throws. */
  async follow(
    request: IncomingMessage,
    answer: Answer,
    query: ProxyQuery,
    search: string,
  ): Promise<ProxyAnswer | null> {
    if (answer.kind !== 'found' || answer.recalls.length > 0 || query.showsValues) return null;
    const values = selectValues(answer.values, 'public', query.filter);
    // What is asked for is looked for where the alias leads.
    const alias = query.ignoresAliases ? null : aliasIn(selectValues(answer.values, 'public', ALL_VALUES));
    if (alias !== null) return this.#followAlias(request, answer, alias, search);
    const list = await locationsIn(values);
    if (query.showsLocations) return list === null ? null : { kind: 'locations', xml: await xmlOf(list.list) };
    const target = (list === null ? null : this.#chosen(request, answer, list, query)) ?? urlIn(values);
    if (target === null) return null;
    const location = locationHeader(target.href);
    if (location === null) return null;
    const { status, vary } = target;
    const times = timesOf([target.value], this.#options.clock());
    return { kind: 'redirect', status, location: appended(location, query.append), ...times, vary };
  }

  #chosen(request: IncomingMessage, { handle }: Found, { list, value }: Listed, query: ProxyQuery): Target | null {
    const { countryHeader, randomBytes } = this.#options;
    const negotiator = new Negotiator(request);
    const country = countryHeader === null ? undefined : request.headers[countryHeader];
    const one = chooseLocation(list, {
      wanted: query.wanted,
      mediaTypes: request.headers.accept === undefined ? [] : negotiator.mediaTypes(),
      languages: request.headers['accept-language'] === undefined ? [] : negotiator.languages(),
      country: typeof country === 'string' && /^[a-z]{2}$/i.test(country) ? country : null,
      random: () => randomBytes(4).readUInt32BE() / 0x1_0000_0000,
    });
    const href = one === null ? null : hrefOf(one, handle);
    if (one === null || href === null) return null;
    const status = Number(one.http);
    return { href, value, status: STATUSES.has(status) ? status : FOUND, vary: varyOf(list, countryHeader) };
  }

  /** To the handle at the end of the chain, which then speaks for itself. */
  async #followAlias(request: IncomingMessage, from: Found, first: string, search: string): Promise<ProxyAnswer> {
    const { asker, clock } = this.#options;
    const seen = new Set<string>([from.handle]);
    let target = first;
    for (let followed = 1; followed <= MAX_ALIASES_FOLLOWED; followed++) {
      const next = await this.#aliasOf(request, target, seen);
      if (next === 'loop') return { kind: 'alias-loop' };
      if (next === null) {
        const location = `${pathOfIdentifier(target)}${search}`;
        return { kind: 'redirect', status: MOVED, location, ...timesOf(from.values, clock()), vary: [] };
      }
      target = next;
    }
    asker.charge(request);
    return { kind: 'alias-loop' };
  }

  /** Null for what is no alias, or cannot be found out now: its own address says why. */
  async #aliasOf(request: IncomingMessage, target: string, seen: Set<string>): Promise<string | 'loop' | null> {
    const { asker } = this.#options;
    try {
      const handle = asker.parse(target);
      if (seen.has(handle)) return 'loop';
      seen.add(handle);
      const answer = await asker.ask('page', handle, request, USUAL);
      if (answer.kind !== 'found' || answer.recalls.length > 0) return null;
      return aliasIn(selectValues(answer.values, 'public', { indexes: [], types: [ALIAS_TYPE as ByteString] }));
    } catch (error) {
      if (isHandleError(error, 'INTERNAL') || isHandleError(error, 'RATE_LIMITED')) throw error;
      return null;
    }
  }
}

interface Target {
  readonly href: string;
  readonly value: HandleValue;
  readonly status: number;
  readonly vary: readonly string[];
}

interface Listed {
  readonly list: LocationList;
  readonly value: HandleValue;
}

/** What a type names exactly, else what is of its family, in the order in which it is registered. */
function firstOf(values: readonly HandleValue[], type: string): HandleValue | undefined {
  const names = values.map((value) => value.type.toUpperCase());
  return values[names.indexOf(type)] ?? values[names.findIndex((name) => name.startsWith(`${type}.`))];
}

function aliasIn(values: readonly HandleValue[]): string | null {
  const alias = firstOf(values, ALIAS_TYPE);
  return alias === undefined ? null : textFromBytes(alias.data).trim();
}

function urlIn(values: readonly HandleValue[]): Target | null {
  const value = firstOf(
    values.filter(({ index }) => index < FIRST_ELEMENT_INDEX),
    URL_TYPE,
  );
  return value === undefined ? null : { href: textFromBytes(value.data), value, status: FOUND, vary: [] };
}

async function locationsIn(values: readonly HandleValue[]): Promise<Listed | null> {
  const value = values.find(({ type }) => type.toUpperCase() === LOCATIONS_TYPE);
  if (value === undefined) return null;
  // Loaded only where it is wanted.
  const { parseLocations } = await import('./locations-xml.ts');
  const list = parseLocations(value.data);
  return list === null ? null : { list, value };
}

async function xmlOf(list: LocationList): Promise<string> {
  const { formatLocations } = await import('./locations-xml.ts');
  return formatLocations(list);
}

function hrefOf(location: Location, handle: string): string | null {
  if (location.href !== undefined) return location.href;
  const path = pathOfIdentifier(handle).slice(1);
  return location.href_template?.replace(/\{(hdl|hdl_path)\}/g, path) ?? null;
}

function varyOf({ locations }: LocationList, countryHeader: string | null): readonly string[] {
  const vary: string[] = [];
  if (locations.some(isForPrograms)) vary.push('Accept');
  if (locations.some((one) => one.language !== undefined)) vary.push('Accept-Language');
  if (countryHeader !== null && locations.some((one) => one.country !== undefined)) vary.push(countryHeader);
  return vary;
}

function timesOf(values: readonly HandleValue[], now: number): { ttlSeconds: number; expiresAt: number } {
  const ttls = values.map(({ ttl, ttlIsAbsolute }) =>
    ttlIsAbsolute ? Math.max(0, ttl - Math.floor(now / 1000)) : ttl,
  );
  const ttlSeconds = Math.min(...ttls, MAX_TTL_SECONDS);
  return { ttlSeconds, expiresAt: now + ttlSeconds * 1000 };
}

// Finds who answers for a handle over the Handle protocol, and asks them: by the prefix record 0.NA/…, its HS_SITE and HS_SERV
// values, and referrals. What sites a prefix has is remembered for as long as its record says.

import type { ByteString } from '../domain/bytes.ts';
import { type Handle, isSystemPrefix, prefixHandleOf, prefixOf, responsiblePrefixOf } from '../domain/handle.ts';
import { MAX_KNOWN_PREFIXES, MAX_REFERRALS, MAX_SITES_AGE_SECONDS } from '../domain/handle-client-limits.ts';
import type { HandleValue } from '../domain/handle-value.ts';
import { ttlSecondsOf } from '../domain/inheritance.ts';
import { setNewest } from '../domain/newest.ts';
import type { Prefix } from '../domain/prefix.ts';
import { RESPONSE } from '../wire/protocol.ts';
import { ExchangeFailed } from './exchange-failed.ts';
import type { HandleClient, HandleQuestion, Told } from './handle-client.ts';
import { type IsConfigured, type KnownSite, SERVICE_TYPES, servicesIn, siteOfData } from './handle-sites.ts';
import { handleIn, refused, type Trip } from './handle-trip.ts';

/** Where a way begins. */
export interface Start {
  /**
   * `server`: one who is asked for anything, and for the prefix records of what he does not answer for; `root`: those who have
   * the prefix records; `site`: those who answer for the prefix of every handle that is asked here, and nobody else is.
   */
  readonly kind: 'server' | 'root' | 'site';
  readonly sites: readonly KnownSite[];
}

/** As long as the sites of a prefix are kept whose record names no TTL. */
const DEFAULT_SITES_TTL_SECONDS = 60;

export class Responsible {
  readonly #client: Pick<HandleClient, 'ask'>;
  readonly #start: Start;
  readonly #clock: () => number;
  readonly #isConfigured: IsConfigured;
  readonly #known = new Map<Prefix, { readonly sites: readonly KnownSite[]; readonly until: number }>();
  /** What a server says of its own site, once it was asked. */
  #own: KnownSite | null = null;

  /** `clock`: epoch milliseconds. */
  constructor(client: Pick<HandleClient, 'ask'>, start: Start, clock: () => number) {
    this.#client = client;
    this.#start = start;
    this.#clock = clock;
    const configured = start.sites.flatMap(({ servers }) => servers.filter((one) => one.isConfigured));
    this.#isConfigured = (host, port) =>
      configured.some((one) => one.host === host && one.interfaces.some((own) => own.port === port));
  }

  /** Null if the prefix does not exist. Throws `ExchangeFailed` and `NotAccepted`. */
  async find(question: HandleQuestion, trip: Trip): Promise<Told | null> {
    const sites = await this.#sitesFor(question.handle, trip);
    if (sites === null) return null;
    let told = await this.#askRemembered(sites, question, trip);
    if (!isElsewhere(told) || this.#start.kind === 'site') return told;
    if (this.#start.kind === 'server' && (await this.#learnOwn(trip))) {
      told = await this.#ask(this.#starts(), question, trip);
      if (!isElsewhere(told)) return told;
    }
    if (isSystemPrefix(prefixOf(question.handle))) return told;
    // What was remembered is old, or who was asked knows only whom to ask.
    const anew = await this.#sitesOfPrefix(responsiblePrefixOf(question.handle), trip);
    return anew === null ? told : this.#ask(anew, question, trip);
  }

  /** Sites that cannot be asked may have moved before their TTL has ended: the next question looks for them anew. */
  async #askRemembered(sites: readonly KnownSite[], question: HandleQuestion, trip: Trip): Promise<Told> {
    try {
      return await this.#ask(sites, question, trip);
    } catch (error) {
      if (error instanceof ExchangeFailed) this.#known.delete(prefixOf(question.handle));
      throw error;
    }
  }

  /** Who answers for a prefix is looked for anew; for all of them if it is null. */
  forget(handle: Handle | null): void {
    if (handle === null) this.#known.clear();
    else this.#known.delete(responsiblePrefixOf(handle));
  }

  /** What the server itself says of its site; its key is believed because it says so. */
  async learnKeys(trip: Trip): Promise<void> {
    await this.#learnOwn(trip);
  }

  #starts(): readonly KnownSite[] {
    return this.#own === null ? this.#start.sites : [this.#own];
  }

  async #sitesFor(handle: Handle, trip: Trip): Promise<readonly KnownSite[] | null> {
    if (this.#start.kind === 'site' || isSystemPrefix(prefixOf(handle))) return this.#starts();
    const prefix = prefixOf(handle);
    const known = this.#known.get(prefix);
    if (known !== undefined && this.#clock() < known.until && !trip.manner.isAuthoritative) return known.sites;
    return this.#start.kind === 'server' ? this.#starts() : this.#sitesOfPrefix(prefix, trip);
  }

  /** Null if the prefix does not exist. */
  #sitesOfPrefix(prefix: Prefix, trip: Trip): Promise<readonly KnownSite[] | null> {
    return trip.within(prefix, async () => {
      const handle = prefixHandleOf(prefix);
      const question = { operation: 'resolution', handle, indexes: [], types: SERVICE_TYPES } as const;
      let told = await this.#ask(this.#starts(), question, trip);
      if (codeOf(told) === RESPONSE.handleNotFound) told = await this.#ask(this.#starts(), question, trip.atPrimary());
      switch (codeOf(told)) {
        case RESPONSE.success:
          return this.#remember(prefix, valuesIn(told), await this.#sitesIn(valuesIn(told), told.site, trip), trip);
        case RESPONSE.valuesNotFound:
          return this.#remember(prefix, [], [told.site], trip);
        case RESPONSE.handleNotFound:
          return null;
        case RESPONSE.notResponsible:
          if (this.#start.kind === 'server') return null; // it knows nobody, and has said that it is not itself
          throw refused(`it does not answer for ${handle}, so it is no root`);
        default:
          throw refused(`for ${handle} it answers with code ${codeOf(told)}`);
      }
    });
  }

  /** Who has the record of a prefix that names nobody answers for the prefix too. */
  async #sitesIn(values: readonly HandleValue[], holder: KnownSite, trip: Trip): Promise<readonly KnownSite[]> {
    const sites = await this.#sitesOf(values, false, trip);
    return sites.length === 0 ? [holder] : sites;
  }

  async #sitesOf(values: readonly HandleValue[], isReferral: boolean, trip: Trip): Promise<readonly KnownSite[]> {
    const { sites, services } = servicesIn(values, isReferral, this.#isConfigured);
    const all = [...sites];
    for (const service of services) all.push(...(await this.#sitesOfService(service, trip)));
    return all;
  }

  /** A service handle has the sites of a service that several prefixes share. */
  #sitesOfService(service: ByteString, trip: Trip): Promise<readonly KnownSite[]> {
    const handle = handleIn(service);
    return trip.within(handle, async () => {
      const told = await this.find({ operation: 'resolution', handle, indexes: [], types: SERVICE_TYPES }, trip);
      if (told === null || codeOf(told) !== RESPONSE.success) return [];
      return this.#sitesOf(valuesIn(told), false, trip);
    });
  }

  #remember(
    prefix: Prefix,
    values: readonly HandleValue[],
    sites: readonly KnownSite[],
    trip: Trip,
  ): readonly KnownSite[] {
    const now = this.#clock();
    const ttl = Math.min(MAX_SITES_AGE_SECONDS, ttlSecondsOf(values, now, DEFAULT_SITES_TTL_SECONDS));
    trip.turn(
      'sites',
      prefixHandleOf(prefix),
      sites.map(({ name }) => name),
    );
    setNewest(this.#known, prefix, { sites, until: now + ttl * 1000 }, MAX_KNOWN_PREFIXES);
    return sites;
  }

  /** Asks, and goes where referrals lead. */
  async #ask(from: readonly KnownSite[], question: HandleQuestion, trip: Trip): Promise<Told> {
    const passed = new Set<string>();
    for (let sites = from; ; ) {
      const key = sites.map((site) => site.key).join(';');
      if (passed.has(key)) throw refused('its referrals lead in a circle');
      if (passed.size > MAX_REFERRALS) throw refused(`more than ${MAX_REFERRALS} referrals lead on from it`);
      passed.add(key);
      trip.step();
      const told = await this.#client.ask(sites, question, trip.manner);
      const { content } = told.message.body;
      if (content.kind !== 'referral') return told;
      const values = content.values ?? [];
      sites =
        values.length === 0 && content.handle !== ''
          ? await this.#sitesOfService(content.handle, trip)
          : await this.#sitesOf(values, true, trip);
      trip.turn(
        'referral',
        question.handle,
        sites.map(({ name }) => name),
      );
      if (sites.length === 0) throw refused('it refers to nobody who can be asked over the Handle protocol');
    }
  }

  /** True if it says more than was known: servers among which a handle has to be looked for, or keys. */
  async #learnOwn(trip: Trip): Promise<boolean> {
    const [host] = this.#start.sites;
    if (this.#own !== null || host === undefined || host.isDescribed) return false;
    trip.step();
    const question = { operation: 'site-info', handle: '0.SITE/SITE' as Handle, indexes: [], types: [] } as const;
    try {
      const told = await this.#client.ask([host], question, { ...trip.manner, isCertified: false });
      const { content } = told.message.body;
      if (content.kind !== 'site') return false;
      this.#own = ownSite(siteOfData(content.site, this.#isConfigured), host);
      return (this.#own?.servers.length ?? 0) > 1;
    } catch (error) {
      if (error instanceof ExchangeFailed) return false; // it need not know that question
      throw error;
    }
  }
}

/** A server that is alone is where it was reached, whatever it calls its address: it may be behind another. */
function ownSite(said: KnownSite | null, host: KnownSite): KnownSite | null {
  const [only, ...others] = said?.servers ?? [];
  const [reached] = host.servers;
  if (said === null || only === undefined || others.length > 0 || reached === undefined) return said;
  return { ...said, servers: [{ ...reached, id: only.id, publicKey: only.publicKey }] };
}

function isElsewhere(told: Told): boolean {
  return codeOf(told) === RESPONSE.notResponsible || codeOf(told) === RESPONSE.siteInfoOutdated;
}

export function codeOf({ message }: Told): number {
  return message.header.responseCode;
}

export function valuesIn({ message }: Told): readonly HandleValue[] {
  const { content } = message.body;
  return content.kind === 'values' ? content.values : [];
}

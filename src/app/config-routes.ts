// The rules that join the settings of routes to upstreams: what a route of each protocol needs, and that no two want the same.

import type { HandleError } from '../domain/error.ts';
import { foldAsciiCase, isWithin, parsePrefix } from '../domain/prefix.ts';

/** Only its own settings. */
const OF_HTTP = ['endpoints', 'path', 'mapping'] as const;
const OF_HANDLE = ['host', 'port', 'site', 'root', 'transport', 'certified'] as const;

interface RouteSettings {
  readonly name: string;
  readonly scheme?: string;
  readonly prefixes?: readonly string[];
  readonly protocol?: string;
  readonly endpoints?: readonly string[];
  readonly path?: string;
  readonly mapping?: unknown;
  readonly host?: string;
  readonly port?: number;
  readonly site?: string;
  readonly root?: boolean;
  readonly transport?: string;
  readonly certified?: boolean;
}

type Objection = readonly [path: string, reason: string];

/** What is wrong with routes that are right one by one, beside the prefixes that are ours. */
export function routeObjections(routes: readonly RouteSettings[], own: readonly string[]): readonly Objection[] {
  const names = routes.map(({ name }) => name);
  const twice = names.find((name, place) => names.indexOf(name) !== place);
  const objections: Objection[] = [];
  if (twice !== undefined) objections.push(['upstream.routes', `must have names of their own, and two are "${twice}"`]);
  const taken = new Map<string, string>();
  for (const route of routes) {
    const reasons = [...reasonsOfPrefixes(route, taken, own), ...reasonsOfProtocol(route), ...reasonsOfScheme(route)];
    objections.push(...reasons.map((reason): Objection => ['upstream.routes', `"${route.name}": ${reason}`]));
  }
  return objections;
}

function reasonsOfPrefixes(
  { name, scheme = 'handle', prefixes = ['*'] }: RouteSettings,
  taken: Map<string, string>,
  own: readonly string[],
): readonly string[] {
  return [...new Set(prefixes.map(foldAsciiCase))].flatMap(
    (prefix) => objectionTo(prefix, own) ?? takenBy(taken, `${scheme} ${prefix}`, name) ?? [],
  );
}

function reasonsOfScheme({ scheme = 'handle', prefixes = ['*'] }: RouteSettings): readonly string[] {
  if (scheme === 'handle' || scheme === 'vaa' || prefixes.every((prefix) => prefix === '*')) return [];
  return [`it is for ${scheme}, which has no prefixes: leave them out`];
}

function reasonsOfProtocol(route: RouteSettings): readonly string[] {
  const { scheme = 'handle', protocol = 'http', host, port, site, certified = false } = route;
  const foreign = (protocol === 'http' ? OF_HANDLE : OF_HTTP).filter((member) => route[member] !== undefined);
  const reasons = foreign.map((member) => `${member} does not belong to protocol ${protocol}: leave it out`);
  if (protocol === 'http') {
    if (route.endpoints === undefined) return [...reasons, 'it needs endpoints'];
    const broken = route.endpoints.filter((endpoint) => !URL.canParse(endpoint));
    return [...reasons, ...broken.map((endpoint) => `${endpoint} is no address: look at its port`)];
  }
  if (scheme !== 'handle' && scheme !== 'vaa') reasons.push(`the Handle protocol knows no ${scheme}: ask over HTTP`);
  if ((host === undefined) === (site === undefined))
    reasons.push('it needs a host, or the file of a site: one of both');
  if (port !== undefined && host === undefined) reasons.push('port belongs to a host: a site says its own ports');
  if (certified && site === undefined) {
    reasons.push('certified needs the file of a site: a key that a server tells of itself proves nothing');
  }
  return reasons;
}

function objectionTo(prefix: string, own: readonly string[]): string | null {
  if (prefix === '*') return null;
  try {
    parsePrefix(prefix);
  } catch (error) {
    return (error as HandleError).message;
  }
  const home = own.map(foldAsciiCase).find((one) => isWithin(prefix, one));
  if (home === undefined) return null;
  return `${prefix} is at or below ${home}, for which this node answers itself, so nobody else would be asked: leave it out, and have an enterprise that answers for its own prefix say so in its prefix record (upstream.delegation)`;
}

/** Of two routes for the same the second would never be asked. */
function takenBy(taken: Map<string, string>, place: string, name: string): string | null {
  const other = taken.get(place);
  if (other === undefined) taken.set(place, name);
  return other === undefined ? null : `"${other}" is asked for the same (${place}), so this one never would be`;
}

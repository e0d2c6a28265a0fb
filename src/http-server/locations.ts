// Several addresses of one thing (the value type 10320/loc), and the choice among them: by attribute, by what the asker accepts,
// by country, score and weight. Pure; the reference is the Handle.net proxy.

/** The attributes of one location: `href`, `weight`, `country` and others. */
export type Location = Readonly<Record<string, string>>;

export interface LocationList {
  /** Ways to choose, one after the other; each keeps what matches, or everything if nothing does. */
  readonly chooseBy: readonly string[];
  readonly locations: readonly Location[];
}

export interface Choosing {
  readonly wanted: readonly (readonly [name: string, value: string])[];
  /** Media types the asker takes, the dearest first; empty for who takes anything. */
  readonly mediaTypes: readonly string[];
  /** Languages, likewise. */
  readonly languages: readonly string[];
  /** Two letters; null if nobody knows. */
  readonly country: string | null;
  /** At least 0, below 1. */
  readonly random: () => number;
}

export const USUAL_CHOICE: readonly string[] = ['locatt', 'country', 'score', 'weighted'];

/** Null of no locations. */
export function chooseLocation({ chooseBy, locations }: LocationList, choosing: Choosing): Location | null {
  let left = locations;
  for (const way of chooseBy) {
    if (left.length <= 1) break;
    const name = way.trim().toLowerCase();
    // What is registered may name anything, what every object has included.
    const kept = Object.hasOwn(WAYS, name) ? (WAYS[name]?.(left, choosing) ?? []) : [];
    if (kept.length > 0) left = kept;
  }
  return left[0] ?? null;
}

type Way = (locations: readonly Location[], choosing: Choosing) => readonly Location[];

const WAYS: Readonly<Record<string, Way>> = {
  locatt: (locations, choosing) =>
    choosing.wanted.length > 0
      ? locations.filter((one) => choosing.wanted.every(([name, value]) => one[name] === value))
      : byLanguage(byMediaType(locations, choosing.mediaTypes), choosing.languages),
  country: (locations, { country }) => {
    const here = locations.filter((one) => country !== null && one.country?.toLowerCase() === country.toLowerCase());
    return here.length > 0 ? here : locations.filter((one) => one.country === undefined);
  },
  score: (locations) => {
    const best = Math.max(...locations.map((one) => numberIn(one.score, 0)));
    return locations.filter((one) => numberIn(one.score, 0) === best);
  },
  weighted: (locations, { random }) => {
    const weights = locations.map((one) => numberIn(one.weight, 1));
    let point = random() * weights.reduce((sum, weight) => sum + weight, 0);
    const chosen = locations.find((_one, i) => {
      point -= weights[i] ?? 0;
      return point < 0;
    });
    return chosen === undefined ? [] : [chosen];
  },
};

const FOR_PEOPLE = /^(?:text\/html|application\/xhtml\+xml|\*\/\*)$/i;

/** Locations for programs are those of who takes something else rather than pages, and nobody else's. */
function byMediaType(locations: readonly Location[], mediaTypes: readonly string[]): readonly Location[] {
  const firstForPeople = mediaTypes.findIndex((type) => FOR_PEOPLE.test(type));
  const dearer = firstForPeople < 0 ? mediaTypes : mediaTypes.slice(0, firstForPeople);
  for (const type of dearer) {
    const fitting = locations.filter((one) => isForPrograms(one) && mediaTypeOf(one) === type.toLowerCase());
    if (fitting.length > 0) return fitting;
  }
  const others = locations.filter((one) => !isForPrograms(one));
  const forPeople = others.filter((one) => one.http_role?.toLowerCase() === 'browser');
  return firstForPeople >= 0 && forPeople.length > 0 ? forPeople : others;
}

export function isForPrograms({ http_role: role }: Location): boolean {
  return role?.toLowerCase() === 'conneg';
}

function mediaTypeOf(location: Location): string | undefined {
  return (location.ctype ?? location['media-type'])?.toLowerCase();
}

function byLanguage(locations: readonly Location[], languages: readonly string[]): readonly Location[] {
  for (const language of languages) {
    const fitting = locations.filter((one) => one.language?.toLowerCase() === language.toLowerCase());
    if (fitting.length > 0) return fitting;
  }
  return locations;
}

function numberIn(text: string | undefined, fallback: number): number {
  const number = text === undefined || text.trim() === '' ? Number.NaN : Number(text);
  return Number.isFinite(number) && number >= 0 ? number : fallback;
}

// The rules of the house, each a pure function of one source file; their tables are in house.ts.

import { posix } from 'node:path';
import {
  EMPTY_FILE_WORDS,
  EMPTY_FUNCTION_WORDS,
  FIRST_IMPURE_FLOOR,
  FLOORS,
  MAX_FILE_LINES,
  MAX_FUNCTION_LINES,
  MAX_LINE_WIDTH,
  MAX_PARAMETERS,
  PACKAGE_HOMES,
  RESERVED_GLOBALS,
} from './house.ts';
import type { SourceFile } from './source-file.ts';

/** Says where and what, in the form `path:line text`. */
export type Rule = (file: SourceFile) => readonly string[];

const MIN_OPENING_LENGTH = 30;

/** The room and floor of a path under src/; null outside of src/. Floor −1: the room is unknown. */
function placeOf(path: string): { readonly room: string; readonly floor: number } | null {
  const [top, room, ...rest] = path.split('/');
  if (top !== 'src' || room === undefined) return null;
  if (rest.length === 0) return { room: '', floor: -1 };
  return { room, floor: FLOORS.findIndex((rooms) => rooms.includes(room)) };
}

function isPackage(specifier: string): boolean {
  return !specifier.startsWith('.') && !specifier.startsWith('node:');
}

function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

const everyRoomHasAFloor: Rule = (file) => {
  const place = placeOf(file.path);
  return place !== null && place.floor < 0 ? [`${file.path}:1 is in no room of the FLOORS table`] : [];
};

const importsGoDown: Rule = (file) => {
  const place = placeOf(file.path);
  if (place === null || place.floor < 0) return [];
  return file.imports.flatMap(({ specifier, line }) => {
    if (!specifier.startsWith('.')) return [];
    const target = posix.normalize(posix.join(posix.dirname(file.path), specifier));
    const other = placeOf(target);
    if (other === null) return [`${file.path}:${line} imports ${target}, which is outside of src/`];
    if (other.room === place.room || (other.floor >= 0 && other.floor < place.floor)) return [];
    const way = other.floor === place.floor ? 'sideways' : 'up';
    return [
      `${file.path}:${line} imports ${way} from ${place.room} (${place.floor}) to ${other.room} (${other.floor})`,
    ];
  });
};

const groundFloorsArePure: Rule = (file) => {
  const place = placeOf(file.path);
  if (place === null || place.floor < 0 || place.floor >= FIRST_IMPURE_FLOOR) return [];
  return [
    ...file.imports
      .filter(({ specifier }) => !specifier.startsWith('.'))
      .map(({ specifier, line }) => `${file.path}:${line} imports ${specifier} on a pure floor`),
    ...file.globals
      .filter(({ name }) => RESERVED_GLOBALS.has(name))
      .map(({ name, line }) => `${file.path}:${line} uses ${name} on a pure floor`),
  ];
};

const packagesStayHome: Rule = (file) =>
  file.imports.flatMap(({ specifier, line }) => {
    if (!isPackage(specifier)) return [];
    const name = packageOf(specifier);
    const homes = PACKAGE_HOMES[name];
    if (homes === undefined)
      return [`${file.path}:${line} imports ${name}, which has no home in the table of packages`];
    const abroad = file.path.startsWith('src/') || !homes.some((home) => home.startsWith('src/'));
    if (!abroad || homes.some((home) => file.path.startsWith(home))) return [];
    return [`${file.path}:${line} imports ${name}, whose home is ${homes.join(' and ')}`];
  });

const globalsStayHome: Rule = (file) => {
  if (!file.path.startsWith('src/')) return [];
  const used = file.globals.flatMap(({ name, line }) => {
    const home = RESERVED_GLOBALS.get(name);
    if (typeof home !== 'string' || file.path.startsWith(home)) return [];
    return [`${file.path}:${line} uses ${name}, whose only place is ${home}`];
  });
  const imported = file.imports
    .filter(({ specifier }) => specifier === 'node:process' || specifier === 'node:console')
    .map(({ specifier, line }) => `${file.path}:${line} imports ${specifier}: use the global, so that its use shows`);
  return [...used, ...imported];
};

const filesAreShort: Rule = (file) =>
  file.lines.length > MAX_FILE_LINES
    ? [`${file.path}:1 has ${file.lines.length} lines, at most ${MAX_FILE_LINES}`]
    : [];

const functionsAreShort: Rule = (file) =>
  file.functions
    .filter((fact) => !fact.isSuite && fact.lines > MAX_FUNCTION_LINES)
    .map((fact) => `${file.path}:${fact.line} ${fact.name} has ${fact.lines} lines, at most ${MAX_FUNCTION_LINES}`);

const parametersAreFew: Rule = (file) =>
  file.functions
    .filter((fact) => fact.parameters > MAX_PARAMETERS)
    .map(
      (fact) => `${file.path}:${fact.line} ${fact.name} takes ${fact.parameters} parameters, at most ${MAX_PARAMETERS}`,
    );

/** Templates and long strings the formatter cannot break are left alone: they have a quote in them. */
const linesAreNarrow: Rule = (file) =>
  file.lines.flatMap((text, index) =>
    text.length > MAX_LINE_WIDTH && !/['"`/]/.test(text)
      ? [`${file.path}:${index + 1} is ${text.length} characters wide, at most ${MAX_LINE_WIDTH}`]
      : [],
  );

const filesOpenWithAComment: Rule = (file) =>
  file.path.startsWith('src/') && file.opening.length < MIN_OPENING_LENGTH
    ? [`${file.path}:1 opens without a sentence on what it does and must not do`]
    : [];

const constructsArePlain: Rule = (file) =>
  file.constructs
    .filter(({ name }) => !(name === 'default export' && file.path === 'vitest.config.ts'))
    .map(({ name, line }) => `${file.path}:${line} has a ${name}`);

const namesSaySomething: Rule = (file) => [
  ...(EMPTY_FILE_WORDS.test(posix.basename(file.path)) ? [`${file.path}:1 has a name that says nothing`] : []),
  ...file.functions
    .filter(({ name }) => EMPTY_FUNCTION_WORDS.test(name))
    .map(({ name, line }) => `${file.path}:${line} ${name} has a name that says nothing`),
];

const filesParse: Rule = (file) => file.syntaxErrors.map((message) => `${file.path}:1 ${message}`);

/** Every rule under the name that a failing test shows. */
export const RULES: Readonly<Record<string, Rule>> = {
  'every file of src/ is in a room of the FLOORS table': everyRoomHasAFloor,
  'imports go down only, never up and never sideways': importsGoDown,
  'the ground floors are pure': groundFloorsArePure,
  'each package has one home': packagesStayHome,
  'environment, exit, clock and console have one place each': globalsStayHome,
  'no file is longer than the limit': filesAreShort,
  'no function is longer than the limit': functionsAreShort,
  'no function takes more parameters than the limit': parametersAreFew,
  'no line is wider than the limit': linesAreNarrow,
  'every source file opens with a comment': filesOpenWithAComment,
  'no default exports, re-exports, enums, namespaces, decorators or abstract classes': constructsArePlain,
  'files and functions have names that say something': namesSaySomething,
  'every file parses': filesParse,
};

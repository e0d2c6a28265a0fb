// How the settings of config-schema.ts come together: defaults ← file ← environment ← flags. It starts nothing and opens
// nothing but the configuration file.

import { readFileSync } from 'node:fs';
import type { Static, TSchema } from 'typebox';
// Plain JSON Schemas, checked by this part alone: the builders would cost the main thread 12 MB and 80 ms at the start.
import { Check, Errors } from 'typebox/schema';
import { HandleError } from '../domain/error.ts';
import { isSystemPrefix } from '../domain/handle.ts';
import { type HomedPrefix, type Prefix, parsePrefix } from '../domain/prefix.ts';
import { networkObjections, portObjections } from './config-addresses.ts';
import { type Environment, RESERVED_NAMES, readEnvironment } from './config-environment.ts';
import { HANDLE_SECTION, handleObjections } from './config-handle.ts';
import {
  type ConfigProblem,
  environmentName,
  expectationOf,
  type Layer,
  layerFromEnvironment,
  layerFromFile,
  layerFromTexts,
  type Setting,
  type SettingSchema,
} from './config-layers.ts';
import { POSTGRES_SECTION, postgresObjections } from './config-postgres.ts';
import { redisObjections } from './config-redis.ts';
import { routeObjections } from './config-routes.ts';
import { SECTIONS, WORKERS } from './config-schema.ts';
import { TLS_SECTION, tlsObjections } from './config-tls.ts';
import type { TlsSettings } from './tls-files.ts';

type SectionsOf<T> = {
  readonly [S in keyof T]: { readonly [K in keyof T[S]]: T[S][K] extends TSchema ? Static<T[S][K]> : never };
};
type Raw = SectionsOf<typeof SECTIONS> & { readonly workers: Static<typeof WORKERS> };

/** Settings as the rest of the node gets them: complete, checked, prefixes parsed. */
export interface Config extends Omit<Raw, 'node'> {
  /** `homed` holds `prefix` too. */
  readonly node: { readonly prefix: Prefix; readonly homed: readonly HomedPrefix[] };
}

/** Every setting in the order of the schema: what messages, `config print` and config/README.md are made from. */
export const SETTINGS: readonly Setting[] = [
  ...Object.entries(SECTIONS).flatMap(([section, keys]) =>
    Object.entries(keys).map(([key, schema]) => settingOf(`${section}.${key}`, schema)),
  ),
  settingOf('workers', WORKERS),
];

export interface ConfigSources {
  /** Path of a JSON file. */
  readonly file?: string | undefined;
  /** Texts by setting path, with the flag that gave them: `['http.port', '8000', '--port']`. */
  readonly flags?: readonly (readonly [path: string, text: string, flag: string])[];
  readonly environment?: Environment;
}

/** Throws `INVALID_CONFIG` that lists every problem of every source. */
export function loadConfig(sources: ConfigSources = {}): Config {
  const problems: ConfigProblem[] = [];
  const layers = [
    sources.file === undefined ? new Map() : layerFromJsonFile(sources.file, problems),
    layerFromEnvironment(sources.environment ?? readEnvironment(), RESERVED_NAMES, SETTINGS, problems),
    layerFromTexts(
      (sources.flags ?? []).map(([path, value, flag]) => [settingAt(path), value, flag]),
      problems,
    ),
  ];
  const merged: Layer = new Map(layers.flatMap((layer) => [...layer]));
  for (const setting of SETTINGS) problems.push(...problemsOf(setting, merged));
  if (problems.length === 0) problems.push(...problemsTogether(merged));
  if (problems.length > 0) throw invalidConfig(problems);
  return assemble(merged);
}

/** The settings that differ from their defaults, as texts by path: what the audit trail keeps of a start. No setting is a secret. */
export function settingsApart(config: Config): Readonly<Record<string, string>> {
  const apart: Record<string, string> = {};
  for (const { path, default: fallback } of SETTINGS) {
    if (path.startsWith('node.')) continue;
    const [section, key] = path.split('.') as [keyof Config, string | undefined];
    const value = key === undefined ? config[section] : (config[section] as Record<string, unknown>)[key];
    if (JSON.stringify(value) !== JSON.stringify(fallback)) apart[path] = JSON.stringify(value);
  }
  return { ...apart, 'node.homed': config.node.homed.map(({ prefix }) => prefix).join(',') };
}

function settingOf(path: string, schema: SettingSchema): Setting {
  const { description = '', default: fallback } = schema;
  return {
    path,
    environment: environmentName(path),
    description,
    default: fallback,
    expected: expectationOf(schema),
    schema,
  };
}

function settingAt(path: string): Setting {
  const setting = SETTINGS.find((candidate) => candidate.path === path);
  if (setting === undefined)
    throw new HandleError('INTERNAL', `A flag is bound to the setting ${path}, which does not exist.`);
  return setting;
}

function layerFromJsonFile(file: string, problems: ConfigProblem[]): Layer {
  let content: string;
  try {
    content = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new HandleError(
      'INVALID_CONFIG',
      `The configuration file ${file} cannot be read: ${(cause as Error).message}.`,
      { cause },
    );
  }
  try {
    return layerFromFile(JSON.parse(content), file, SETTINGS, problems);
  } catch (cause) {
    throw new HandleError('INVALID_CONFIG', `${file} is not JSON: ${(cause as Error).message}.`, { cause });
  }
}

function problemsOf(setting: Setting, layer: Layer): ConfigProblem[] {
  const given = layer.get(setting.path);
  if (given === undefined) return [];
  const { value, source } = given;
  if (!Check(setting.schema, value)) {
    const inside = Errors(setting.schema, value)[1].find((error) => error.instancePath !== '');
    // What an entry is like is said in words where the schema has them.
    const { items } = setting.schema as { readonly items?: { readonly description?: string } };
    const said = items?.description ?? inside?.message;
    const detail = inside === undefined ? '' : `; ${inside.instancePath} ${said}`;
    return [{ path: setting.path, source, reason: `must be ${setting.expected}, not ${shown(value)}${detail}` }];
  }
  const prefixes =
    setting.path === 'node.prefix'
      ? [value as string]
      : setting.path === 'node.homed'
        ? (value as Raw['node']['homed']).map(({ prefix }) => prefix)
        : [];
  return prefixes.flatMap((prefix) => {
    try {
      parsePrefix(prefix);
      if (!isSystemPrefix(prefix)) return [];
      const reason = `"${prefix}" belongs to the handle system itself, and no node is home to it`;
      return [{ path: setting.path, source, reason }];
    } catch (error) {
      return [{ path: setting.path, source, reason: (error as HandleError).message }];
    }
  });
}

/** Rules that join several settings; asked only when each alone is right. */
function problemsTogether(layer: Layer): ConfigProblem[] {
  const tls = sectionIn(layer, 'tls', TLS_SECTION) as TlsSettings;
  const redis = {
    urls: valueIn(layer, 'redis.urls') as readonly string[],
    cluster: valueIn(layer, 'redis.cluster') as boolean,
    announce: valueIn(layer, 'redis.announce') as boolean,
  };
  const postgres = sectionIn(layer, 'postgres', POSTGRES_SECTION) as Raw['postgres'];
  const kind = valueIn(layer, 'store.kind') as string;
  const homed = valueIn(layer, 'node.homed') as Raw['node']['homed'];
  const own = [valueIn(layer, 'node.prefix') as string, ...homed.map(({ prefix }) => prefix)];
  const routes = routeObjections(valueIn(layer, 'upstream.routes') as Raw['upstream']['routes'], own);
  const networks = ['http.trustedProxies', 'upstream.allowedNetworks'].flatMap((path) =>
    networkObjections(path, valueIn(layer, path) as readonly string[]),
  );
  const handle = sectionIn(layer, 'handle', HANDLE_SECTION) as Raw['handle'];
  const http = sectionIn(layer, 'http', SECTIONS.http) as Raw['http'];
  return [
    ...plainObjections(layer, tls),
    ...tlsObjections(tls),
    ...handleObjections(handle),
    ...portObjections({ http, handle }),
    ...routes,
    ...networks,
    ...redisObjections(redis),
    ...postgresObjections({ ...postgres, kind }),
  ].map(([path, reason]) => {
    return { path, source: layer.get(path)?.source ?? 'default', reason };
  });
}

function sectionIn(layer: Layer, section: string, schemas: object): unknown {
  return Object.fromEntries(Object.keys(schemas).map((name) => [name, valueIn(layer, `${section}.${name}`)]));
}

function plainObjections(layer: Layer, tls: TlsSettings): [path: string, reason: string][] {
  const host = valueIn(layer, 'http.host') as string;
  if (isLoopback(host) || tls.certificate !== null || valueIn(layer, 'http.allowPlainHttp') === true) return [];
  const reason = `${host} can be reached from outside and this node speaks plain HTTP: keep 127.0.0.1, name a certificate in tls.certificate, or set http.allowPlainHttp to true if TLS ends in front of it or the network is trusted`;
  return [['http.host', reason]];
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

function valueIn(layer: Layer, path: string): unknown {
  const given = layer.get(path);
  return given === undefined ? settingAt(path).default : given.value;
}

function assemble(layer: Layer): Config {
  const raw: Record<string, Record<string, unknown> | unknown> = {};
  for (const { path } of SETTINGS) {
    const [section, key] = path.split('.') as [string, string | undefined];
    if (key === undefined) raw[section] = valueIn(layer, path);
    else raw[section] = { ...(raw[section] as object | undefined), [key]: valueIn(layer, path) };
  }
  const checked = raw as unknown as Raw;
  const prefix = parsePrefix(checked.node.prefix);
  const homed = checked.node.homed.map((home) => ({
    prefix: parsePrefix(home.prefix),
    foldsCase: home.foldsCase ?? false,
  }));
  if (!homed.some((home) => home.prefix === prefix)) homed.unshift({ prefix, foldsCase: false });
  return { ...checked, node: { prefix, homed } };
}

function shown(value: unknown): string {
  // The refusal of a password must not show it.
  const json = (JSON.stringify(value) ?? String(value)).replace(/(:\/\/[^:@/"]*):[^@/"]*@/g, '$1:…@');
  return json.length > 60 ? `${json.slice(0, 60)}…` : json;
}

function invalidConfig(problems: readonly ConfigProblem[]): HandleError {
  const lines = problems.map(({ path, source, reason }) => `  ${path} (${source}): ${reason}`);
  const head = problems.length === 1 ? 'A setting is wrong' : `${problems.length} settings are wrong`;
  return new HandleError('INVALID_CONFIG', `${head}:\n${lines.join('\n')}`);
}

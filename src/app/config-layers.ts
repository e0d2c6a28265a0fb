// Settings from several sources laid over each other: which source said what, and how a text becomes a setting's type.
// It knows the shape of a schema, not what any setting means.

/** The part of a JSON Schema that settings use. */
export interface SettingSchema {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly string[];
  readonly anyOf?: readonly SettingSchema[];
  readonly maxItems?: number;
  readonly items?: SettingSchema;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly default?: unknown;
  readonly description?: string;
}

/** One setting: where it stands in the file, how the environment calls it, what it may be. */
export interface Setting {
  /** `section.key`, or `key` for one that stands alone. */
  readonly path: string;
  readonly environment: string;
  readonly description: string;
  readonly default: unknown;
  /** In words, for messages and the README. */
  readonly expected: string;
  readonly schema: SettingSchema;
}

/** What is wrong with one setting, and who said it. */
export interface ConfigProblem {
  readonly path: string;
  readonly source: string;
  readonly reason: string;
}

/** Values by setting path, each with the source it came from. */
export type Layer = Map<string, { readonly value: unknown; readonly source: string }>;

export function environmentName(path: string): string {
  const words = path.split('.').map((part) => part.replace(/([a-z\d])([A-Z])/g, '$1_$2').toUpperCase());
  return `JIABIAO_${words.join('__')}`;
}

/** `"auto" or an integer of at least 1`. */
export function expectationOf(schema: SettingSchema): string {
  if (schema.anyOf !== undefined) return schema.anyOf.map(expectationOf).join(' or ');
  if (schema.enum !== undefined) return schema.enum.map((option) => JSON.stringify(option)).join(' or ');
  if ('const' in schema) return JSON.stringify(schema.const);
  if (schema.type === 'null') return 'null';
  if (schema.type === 'boolean') return 'true or false';
  if (schema.type === 'array') {
    const items = schema.items?.type === 'string' ? 'texts' : 'entries';
    if (schema.maxItems !== undefined) return `a list of at most ${schema.maxItems} ${items}`;
    return items === 'texts' ? 'a list of texts' : 'a list';
  }
  if (schema.type === 'string') return (schema.minLength ?? 0) > 0 ? 'a text that is not empty' : 'a text';
  const noun = schema.type === 'integer' ? 'an integer' : 'a number';
  if (schema.minimum !== undefined && (schema.maximum ?? Number.MAX_SAFE_INTEGER) < Number.MAX_SAFE_INTEGER) {
    return `${noun} from ${schema.minimum} to ${schema.maximum}`;
  }
  return schema.minimum === undefined ? noun : `${noun} of at least ${schema.minimum}`;
}

function accepts(schema: SettingSchema, type: string): boolean {
  return schema.type === type || (schema.anyOf?.some((alternative) => accepts(alternative, type)) ?? false);
}

/** A setting's value from the text of an environment variable or a flag. Throws SyntaxError for broken JSON. */
function valueFromText(text: string, schema: SettingSchema): unknown {
  if ((accepts(schema, 'integer') || accepts(schema, 'number')) && /^-?\d+(\.\d+)?$/.test(text)) return Number(text);
  if (accepts(schema, 'boolean') && (text === 'true' || text === 'false')) return text === 'true';
  if (accepts(schema, 'null') && text === 'null') return null;
  if (!accepts(schema, 'array')) return text;
  if (text.startsWith('[')) return JSON.parse(text);
  const constant = schema.anyOf?.some((alternative) => alternative.const === text) ?? false;
  return constant ? text : text.split(',').flatMap((part) => (part.trim() === '' ? [] : [part.trim()]));
}

/** Settings of a configuration file: `{section: {key: value}, key: value}`. Keys nobody knows are problems. */
export function layerFromFile(
  content: unknown,
  file: string,
  settings: readonly Setting[],
  problems: ConfigProblem[],
): Layer {
  const layer: Layer = new Map();
  const known = new Map(settings.map((setting) => [setting.path, setting]));
  const sections = new Set(
    settings.flatMap(({ path }) => (path.includes('.') ? [path.slice(0, path.indexOf('.'))] : [])),
  );
  if (!isPlainObject(content)) {
    problems.push({ path: '(whole file)', source: file, reason: 'must be a JSON object of sections' });
    return layer;
  }
  const add = (path: string, value: unknown): void => {
    if (known.has(path)) layer.set(path, { value, source: file });
    else problems.push({ path, source: file, reason: unknownReason(path, [...known.keys()]) });
  };
  for (const [name, section] of Object.entries(content)) {
    if (!sections.has(name)) add(name, section);
    else if (!isPlainObject(section))
      problems.push({ path: name, source: file, reason: 'must be an object of settings' });
    else for (const [key, value] of Object.entries(section)) add(`${name}.${key}`, value);
  }
  return layer;
}

/** Settings of the environment. `reserved` names belong to others. */
export function layerFromEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
  reserved: readonly string[],
  settings: readonly Setting[],
  problems: ConfigProblem[],
): Layer {
  const known = new Map(settings.map((setting) => [setting.environment, setting]));
  const texts: [Setting, string, string][] = [];
  for (const [name, text] of Object.entries(environment)) {
    if (!name.startsWith('JIABIAO_') || text === undefined || reserved.includes(name)) continue;
    const setting = known.get(name);
    if (setting !== undefined) texts.push([setting, text, `environment ${name}`]);
    else problems.push({ path: name, source: 'environment', reason: unknownReason(name, [...known.keys()]) });
  }
  return layerFromTexts(texts, problems);
}

/** Settings given as texts, such as flags: [setting, text, what to call the source]. */
export function layerFromTexts(
  texts: readonly (readonly [Setting, string, string])[],
  problems: ConfigProblem[],
): Layer {
  const layer: Layer = new Map();
  for (const [setting, text, source] of texts) {
    try {
      layer.set(setting.path, { value: valueFromText(text, setting.schema), source });
    } catch {
      // JSON.parse is all that throws here: the text said it was a list and is not one.
      problems.push({ path: setting.path, source, reason: `must be ${setting.expected}; this is broken JSON` });
    }
  }
  return layer;
}

function unknownReason(name: string, known: readonly string[]): string {
  const folded = fold(name);
  const near =
    known.find((candidate) => fold(candidate) === folded) ?? known.find((candidate) => sharesTail(name, candidate));
  return near === undefined ? 'is not a setting' : `is not a setting; did you mean ${near}?`;
}

function fold(name: string): string {
  return name.replace(/[^a-zA-Z\d]/g, '').toLowerCase();
}

function sharesTail(name: string, candidate: string): boolean {
  const tail = (text: string): string => fold(text.split(/\.|__/).at(-1) ?? text);
  return tail(name) === tail(candidate);
}

function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

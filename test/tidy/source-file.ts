// Reads one source file into the facts that the rules ask for: imports, exports, functions, names it touches.

import { parseSync } from 'oxc-parser';

export interface FunctionFact {
  readonly name: string;
  readonly line: number;
  readonly lines: number;
  readonly parameters: number;
  /** True for a suite, given to `describe` or called `describe…`: a list of tests, not a function to read at once. */
  readonly isSuite: boolean;
}

export interface ImportFact {
  readonly specifier: string;
  readonly line: number;
}

export interface Fact {
  readonly name: string;
  readonly line: number;
}

export interface SourceFile {
  /** Relative to the checkout's root, with `/`. */
  readonly path: string;
  readonly lines: readonly string[];
  readonly imports: readonly ImportFact[];
  readonly functions: readonly FunctionFact[];
  /** `process.env`, `Date.now`, `new Date()`, `console` and so on, wherever they are mentioned. */
  readonly globals: readonly Fact[];
  /** `default export`, `re-export`, `enum`, `abstract class`, `decorator`, `namespace`. */
  readonly constructs: readonly Fact[];
  /** The comment that opens the file, '' if code comes first. */
  readonly opening: string;
  readonly syntaxErrors: readonly string[];
}

interface SyntaxNode {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [key: string]: unknown;
}

interface Findings {
  readonly functions: FunctionFact[];
  readonly globals: Fact[];
  readonly constructs: Fact[];
  readonly imports: ImportFact[];
}

type LineOf = (offset: number) => number;

export function readSource(path: string, text: string): SourceFile {
  const parsed = parseSync(path, text);
  const lineStarts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lineStarts.push(at + 1);
  const lineOf: LineOf = (offset) => {
    const next = lineStarts.findIndex((start) => start > offset);
    return next < 0 ? lineStarts.length : next;
  };
  const found: Findings = { functions: [], globals: [], constructs: [], imports: [] };
  visit(parsed.program as unknown as SyntaxNode, null, found, lineOf);
  const first = parsed.comments[0];
  const firstCode = text.startsWith('#!') ? text.indexOf('\n') + 1 : 0;
  const opens = first !== undefined && text.slice(firstCode, first.start).trim() === '';
  return {
    path,
    lines: text.replace(/\n$/, '').split('\n'),
    ...found,
    opening: opens ? first.value.trim() : '',
    syntaxErrors: parsed.errors.map((error) => error.message),
  };
}

function visit(node: SyntaxNode, parent: SyntaxNode | null, found: Findings, lineOf: LineOf): void {
  const line = lineOf(node.start);
  const specifier = specifierOf(node);
  if (specifier !== null) found.imports.push({ specifier, line });
  const construct = constructOf(node);
  if (construct !== null) found.constructs.push({ name: construct, line });
  const global = globalOf(node, parent);
  if (global !== null) found.globals.push({ name: global, line });
  if (isFunction(node)) found.functions.push(functionFact(node, parent, lineOf));
  for (const child of childrenOf(node)) visit(child, node, found, lineOf);
}

function childrenOf(node: SyntaxNode): SyntaxNode[] {
  const children: SyntaxNode[] = [];
  for (const value of Object.values(node)) {
    for (const item of Array.isArray(value) ? value : [value]) if (isNode(item)) children.push(item);
  }
  return children;
}

function isNode(value: unknown): value is SyntaxNode {
  return typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string';
}

const IMPORTING = new Set([
  'ImportDeclaration',
  'ExportNamedDeclaration',
  'ExportAllDeclaration',
  'ImportExpression',
  'TSImportType',
]);

function specifierOf(node: SyntaxNode): string | null {
  if (!IMPORTING.has(node.type)) return null;
  const source = node.source;
  return isNode(source) && typeof source.value === 'string' ? source.value : null;
}

function constructOf(node: SyntaxNode): string | null {
  switch (node.type) {
    case 'ExportDefaultDeclaration':
      return 'default export';
    case 'ExportAllDeclaration':
      return 're-export';
    case 'ExportNamedDeclaration':
      return isNode(node.source) ? 're-export' : null;
    case 'TSEnumDeclaration':
      return 'enum';
    case 'TSModuleDeclaration':
      return node.kind === 'namespace' ? 'namespace' : null; // `declare module 'x'` only adds to the types of a package
    case 'Decorator':
      return 'decorator';
    case 'ClassDeclaration':
    case 'ClassExpression':
      return node.abstract === true ? 'abstract class' : null;
    default:
      return null;
  }
}

function globalOf(node: SyntaxNode, parent: SyntaxNode | null): string | null {
  if (node.type === 'NewExpression') {
    const bare = nameOf(node.callee) === 'Date' && (node.arguments as unknown[]).length === 0;
    return bare ? 'new Date()' : null;
  }
  if (node.type === 'MemberExpression') {
    const object = node.object;
    const owner = isNode(object) && object.type === 'MemberExpression' ? nameOf(object.property) : nameOf(object);
    if (owner === 'console') return 'console';
    return owner === null ? null : `${owner}.${nameOf(node.property) ?? '?'}`;
  }
  const isBareConsole =
    nameOf(node) === 'console' && parent?.type !== 'MemberExpression' && parent?.type !== 'Property';
  return isBareConsole ? 'console' : null;
}

function nameOf(node: unknown): string | null {
  if (!isNode(node)) return null;
  if (node.type === 'Identifier') return node.name as string;
  return node.type === 'Literal' && typeof node.value === 'string' ? node.value : null;
}

function isFunction(node: SyntaxNode): boolean {
  return /^(FunctionDeclaration|FunctionExpression|ArrowFunctionExpression|TSDeclareFunction)$/.test(node.type);
}

function functionFact(node: SyntaxNode, parent: SyntaxNode | null, lineOf: LineOf): FunctionFact {
  const parameters = (node.params as SyntaxNode[]).filter((parameter) => nameOf(parameter) !== 'this');
  const line = lineOf(node.start);
  const name = nameOf(node.id) ?? nameOf(parent?.id) ?? nameOf(parent?.key) ?? 'anonymous';
  return {
    name,
    line,
    lines: lineOf(node.end - 1) - line + 1,
    parameters: parameters.length,
    isSuite: /^describe[A-Z]/.test(name) || (parent?.type === 'CallExpression' && calleeRoot(parent) === 'describe'),
  };
}

/** `describe` of `describe(…)`, `describe.skipIf(…)(…)`, `describe.each(…)(…)`. */
function calleeRoot(call: SyntaxNode): string | null {
  let callee: unknown = call.callee;
  while (isNode(callee) && callee.type !== 'Identifier') callee = callee.callee ?? callee.object;
  return nameOf(callee);
}

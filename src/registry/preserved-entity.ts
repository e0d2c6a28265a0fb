// Homed prefixes, enterprises, principals and keys from another node's export, checked member by member. Pure.

import type { Change } from '../domain/change.ts';
import type { Enterprise } from '../domain/enterprise.ts';
import { MAX_CONTACT_LENGTH, MAX_NAME_LENGTH } from '../domain/limits.ts';
import { type Home, parsePrefix } from '../domain/prefix.ts';
import { type AccessKey, type Principal, ROLES } from '../domain/principal.ts';
import {
  inputError,
  type JsonObject,
  readBoolean,
  readChoice,
  readInteger,
  readObject,
  readString,
} from '../wire/json-input.ts';
import { type Entity, type EntityKind, readMs } from './preserved-json.ts';

const CODE = 'INVALID_REQUEST';
const MARKS = ['kind', 'revision', 'createdAt', 'updatedAt'];
const MEMBERS = {
  home: new Set([...MARKS, 'prefix', 'foldsCase', 'state']),
  enterprise: new Set([...MARKS, 'prefix', 'name', 'state', 'hosting', 'contact', 'quota', 'holder']),
  principal: new Set([...MARKS, 'id', 'name', 'role', 'scope', 'state']),
  key: new Set([...MARKS, 'id', 'principalId', 'tokenHash', 'label', 'expiresAt', 'revokedAt']),
} as const satisfies Record<EntityKind, ReadonlySet<string>>;
const REVISIONS = { min: 1, max: Number.MAX_SAFE_INTEGER };
const QUOTAS = { min: 0, max: Number.MAX_SAFE_INTEGER };
const TOKEN_HASH = /^[0-9a-f]{64}$/;

export interface ParsedEntity {
  readonly kind: EntityKind;
  /** Prefix or id. */
  readonly name: string;
  readonly entity: Entity;
  readonly change: Change;
}

/** Throws `INVALID_REQUEST` or `INVALID_PREFIX`. Operators are no part of a registry that moves. */
export function parseEntityLine(kind: EntityKind, input: unknown, at: string): ParsedEntity {
  const line = readObject(input, at, MEMBERS[kind], CODE);
  const preserved = {
    revision: readInteger(line.revision, `${at}/revision`, REVISIONS, CODE),
    createdAt: readMs(line.createdAt, `${at}/createdAt`),
    updatedAt: readMs(line.updatedAt, `${at}/updatedAt`),
  };
  const expectedRevision = 0;
  if (kind === 'home') {
    const home = parseHome(line, at);
    const change = { kind: 'put-home', expectedRevision, home, preserved } as const;
    return { kind, name: home.prefix, entity: { ...home, ...preserved }, change };
  }
  if (kind === 'enterprise') {
    const enterprise = parseEnterprise(line, at);
    const change = { kind: 'put-enterprise', expectedRevision, enterprise, preserved } as const;
    return { kind, name: enterprise.prefix, entity: { ...enterprise, ...preserved }, change };
  }
  if (kind === 'principal') {
    const principal = parsePrincipal(line, at);
    const change = { kind: 'put-principal', expectedRevision, principal, preserved } as const;
    return { kind, name: principal.id, entity: { ...principal, ...preserved }, change };
  }
  const key = parseKey(line, at);
  const change = { kind: 'put-key', expectedRevision, key, preserved } as const;
  return { kind, name: key.id, entity: { ...key, ...preserved }, change };
}

/** What the settings home is theirs to say: only what an operator had homed moves. */
function parseHome(line: JsonObject, at: string): Omit<Home, 'revision' | 'createdAt' | 'updatedAt'> {
  return {
    prefix: parsePrefix(readString(line.prefix, `${at}/prefix`, CODE)),
    foldsCase: readBoolean(line.foldsCase, `${at}/foldsCase`, CODE),
    state: readChoice(line.state, `${at}/state`, ['homed', 'unhomed'] as const, CODE),
    homedBy: 'operator',
  };
}

function parseEnterprise(line: JsonObject, at: string): Omit<Enterprise, 'revision' | 'createdAt' | 'updatedAt'> {
  return {
    prefix: parsePrefix(readString(line.prefix, `${at}/prefix`, CODE)),
    name: readLine(line.name, `${at}/name`, MAX_NAME_LENGTH),
    state: readChoice(line.state, `${at}/state`, ['pending', 'active', 'suspended', 'closed'] as const, CODE),
    hosting: readChoice(line.hosting, `${at}/hosting`, ['here', 'delegated'] as const, CODE),
    contact: line.contact === null ? null : readLine(line.contact, `${at}/contact`, MAX_CONTACT_LENGTH),
    quota: line.quota === null ? null : readInteger(line.quota, `${at}/quota`, QUOTAS, CODE),
    holder: line.holder === null ? null : parsePrefix(readString(line.holder, `${at}/holder`, CODE)),
  };
}

function parsePrincipal(line: JsonObject, at: string): Omit<Principal, 'revision' | 'createdAt' | 'updatedAt'> {
  const role = readChoice(line.role, `${at}/role`, ROLES, CODE);
  if (role === 'operator') {
    throw inputError(`${at}/role`, 'Operators stay with their node: make those of this node here.', CODE);
  }
  const scope = line.scope === null ? null : parsePrefix(readString(line.scope, `${at}/scope`, CODE));
  if (role === 'enterprise' && scope === null)
    throw inputError(`${at}/scope`, 'An enterprise is bound to a prefix: name it.', CODE);
  return {
    id: readLine(line.id, `${at}/id`, MAX_NAME_LENGTH),
    name: readLine(line.name, `${at}/name`, MAX_NAME_LENGTH),
    role,
    scope,
    state: readChoice(line.state, `${at}/state`, ['active', 'disabled'] as const, CODE),
  };
}

function parseKey(line: JsonObject, at: string): Omit<AccessKey, 'revision' | 'createdAt' | 'updatedAt'> {
  const tokenHash = readString(line.tokenHash, `${at}/tokenHash`, CODE);
  if (!TOKEN_HASH.test(tokenHash))
    throw inputError(`${at}/tokenHash`, 'Write the SHA-256 of the token as 64 hex digits.', CODE);
  return {
    id: readLine(line.id, `${at}/id`, MAX_NAME_LENGTH),
    principalId: readLine(line.principalId, `${at}/principalId`, MAX_NAME_LENGTH),
    tokenHash,
    label: readString(line.label, `${at}/label`, CODE).slice(0, MAX_NAME_LENGTH),
    expiresAt: line.expiresAt === null ? null : readMs(line.expiresAt, `${at}/expiresAt`),
    revokedAt: line.revokedAt === null ? null : readMs(line.revokedAt, `${at}/revokedAt`),
  };
}

function readLine(input: unknown, at: string, limit: number): string {
  const text = readString(input, at, CODE);
  if (text.length > 0 && text.length <= limit) return text;
  throw inputError(at, `Write 1 to ${limit} characters here.`, CODE);
}

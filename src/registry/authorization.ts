// Who may do what. Pure functions of the principal and of what is asked for; they look nothing up and change nothing.
// A verdict is the denial, or null if it is allowed: verdicts on a prefix are shared by all items of a batch.

import type { Enterprise } from '../domain/enterprise.ts';
import { HandleError, type Saying } from '../domain/error.ts';
import { type Handle, isSystemPrefix, prefixOf, responsiblePrefixOf } from '../domain/handle.ts';
import { type HandleValue, sameValue } from '../domain/handle-value.ts';
import { reaches, type Transfers } from '../domain/holding.ts';
import { isWithin, type Prefix } from '../domain/prefix.ts';
import type { Principal } from '../domain/principal.ts';

export type Verdict = HandleError | null;

const ASK_OPERATOR = 'ask an operator of this node';
const ASK_ZH = '请联系本节点运营方';

/** Whether the principal's scope covers a prefix, whole segments compared. Operators and reviewers see everything. */
export function covers(principal: Principal, prefix: string, transfers: Transfers): boolean {
  if (seesEveryone(principal)) return true;
  if (principal.scope === null) return principal.role === 'reader';
  return reaches(principal.scope, prefix, transfers);
}

function outOfScope(principal: Principal, prefix: string, what: Saying): HandleError {
  const { scope } = principal;
  const isFormer = scope !== null && isWithin(prefix, scope);
  const why = isFormer
    ? `${prefix} has been transferred to another enterprise`
    : `it is bound to ${scope ?? 'no prefix'}`;
  const zh = isFormer ? `${prefix} 已转给其他企业` : `它只用于 ${scope ?? '无前缀'}`;
  return forbidden(`This key may not ${what.en}: ${why}.`, `该密钥不能${what.zh}：${zh}，请使用该企业的密钥。`);
}

/** Reading own records. Asked before the record is looked for, so a denial does not tell whether it exists. */
export function judgeRead(principal: Principal, handle: Handle, transfers: Transfers): Verdict {
  const prefix = responsiblePrefixOf(handle);
  return covers(principal, prefix, transfers) ? null : outOfScope(principal, prefix, reading(prefix));
}

/** Writing, as far as role and scope decide: known without looking anything up. */
export function judgeWriteScope(
  principal: Principal,
  handle: Handle,
  ownPrefix: Prefix,
  transfers: Transfers,
): Verdict {
  if (principal.role === 'operator') return null;
  if (principal.role !== 'enterprise') {
    return forbidden(
      `A ${principal.role}'s key may not write identifiers: use the key of the enterprise, or an operator's.`,
      '该密钥不能登记标识：请使用企业或运营方的密钥。',
    );
  }
  const prefix = prefixOf(handle);
  if (isSystemPrefix(prefix)) {
    return forbidden(
      `${prefix}/… says who is responsible for a prefix, which only operators write: ${ASK_OPERATOR}.`,
      `${prefix}/… 说明由谁负责一个前缀，只有运营方可写：${ASK_ZH}。`,
    );
  }
  if (prefix === ownPrefix) {
    return forbidden(
      `${prefix} is the node's own prefix, where only operators write: write under ${scopeText(principal)}.`,
      `${prefix} 是节点自己的前缀，只有运营方可写：请在 ${scopeText(principal)} 下登记。`,
    );
  }
  return covers(principal, prefix, transfers) ? null : outOfScope(principal, prefix, writing(prefix));
}

/**
 * Writing, as far as the holders of the prefix decide. `holders`: the enterprises at the prefix and above it, nearest
 * first; of a transferred one its holder and what is above that. Below the node's own prefix everything must be allocated; other homed prefixes belong to the operator until
 * they are. Enterprises write only while every holder is active; operators also afterwards, to revoke what was left.
 */
export function judgeWriteHolders(
  principal: Principal,
  prefix: Prefix,
  ownPrefix: Prefix,
  holders: readonly Enterprise[],
): Verdict {
  if (holders.length === 0 && prefix !== ownPrefix && isWithin(prefix, ownPrefix)) {
    return new HandleError('INVALID_STATE', `${prefix} is allocated to no enterprise: create the enterprise first.`, {
      zh: `前缀 ${prefix} 未分配给企业：请先创建企业。`,
    });
  }
  if (principal.role === 'operator') return null;
  if (holders.length === 0) {
    return forbidden(
      `No enterprise holds ${prefix}, so only operators write under it.`,
      `前缀 ${prefix} 不属于任何企业，只有运营方可写：${ASK_ZH}。`,
    );
  }
  for (const holder of holders) {
    if (holder.state !== 'active') return forbidden(`${inactiveText(holder)} It keeps resolving.`, inactiveZh(holder));
  }
  return null;
}

function inactiveText(enterprise: Enterprise): string {
  const { prefix, state } = enterprise;
  switch (state) {
    case 'pending':
      return `Enterprise ${prefix} is pending, so it cannot write yet: wait for its approval, or ${ASK_OPERATOR}.`;
    case 'suspended':
      return `Enterprise ${prefix} is suspended, so it cannot write: to be reactivated, ${ASK_OPERATOR}.`;
    default:
      return `Enterprise ${prefix} is ${state}, so it cannot write any more.`;
  }
}

function inactiveZh({ prefix, state }: Enterprise): string {
  const why = state === 'pending' ? '尚待审核' : state === 'suspended' ? '已暂停' : '已关闭';
  return `企业 ${prefix} ${why}，不能登记：${ASK_ZH}。`;
}

const SYSTEM_TYPE = /^HS_/i;
/** System types that speak of their own record alone; all others (HS_SITE, HS_SERV, delegation …) direct clients elsewhere. */
const OPEN_SYSTEM_TYPES: ReadonlySet<string> = new Set([
  'HS_ADMIN',
  'HS_ALIAS',
  'HS_CERT',
  'HS_PUBKEY',
  'HS_SECKEY',
  'HS_SIGNATURE',
  'HS_VLIST',
]);

function isOperatorValue(value: HandleValue): boolean {
  return SYSTEM_TYPE.test(value.type) && !OPEN_SYSTEM_TYPES.has(value.type.toUpperCase());
}

/** Only operators add, change or remove values of reserved types; others may leave them where they are. */
export function judgeValueTypes(
  principal: Principal,
  before: readonly HandleValue[],
  after: readonly HandleValue[],
): Verdict {
  if (principal.role === 'operator') return null;
  return judgeReserved(after, before, 'written') ?? judgeReserved(before, after, 'removed');
}

function judgeReserved(values: readonly HandleValue[], others: readonly HandleValue[], verb: string): Verdict {
  for (const value of values) {
    if (isOperatorValue(value) && !others.some((other) => sameValue(value, other))) {
      return forbidden(
        `Values of type ${value.type} (index ${value.index}) can be ${verb} by operators only: leave it as it is, or ${ASK_OPERATOR}.`,
        `类型 ${value.type}（索引 ${value.index}）的值只有运营方可以改动：请保持原样，或${ASK_ZH}。`,
      );
    }
  }
  return null;
}

/** Creating and changing enterprises, principals and keys. */
export function assertOperator(principal: Principal, what: string): void {
  if (principal.role === 'operator') return;
  throw forbidden(`A ${principal.role}'s key may not ${what}: an operator's key is needed.`);
}

/** Reviewers decide on states; everything else about an enterprise is the operator's. */
export function assertMayChangeEnterprise(principal: Principal, changesOnlyState: boolean): void {
  if (principal.role === 'operator' || (principal.role === 'reviewer' && changesOnlyState)) return;
  throw forbidden(
    principal.role === 'reviewer'
      ? 'A reviewer decides on the state of an enterprise and changes nothing else of it: an operator’s key is needed.'
      : `A ${principal.role}'s key may not change enterprises: an operator's or reviewer's key is needed.`,
  );
}

export function assertMayReadEnterprise(principal: Principal, prefix: Prefix, transfers: Transfers): void {
  if (!covers(principal, prefix, transfers)) {
    throw outOfScope(principal, prefix, { en: `read enterprise ${prefix}`, zh: `读取企业 ${prefix}` });
  }
}

/** Reading what concerns all: the audit trail, statistics of the whole node. */
export function assertSeesEveryone(principal: Principal, what: string): void {
  if (seesEveryone(principal)) return;
  throw forbidden(`A ${principal.role}'s key may not ${what}: an operator's or reviewer's key is needed.`);
}

/** Whether a principal may list everyone's principals and keys, or only its own. */
export function seesEveryone(principal: Principal): boolean {
  return principal.role === 'operator' || principal.role === 'reviewer';
}

function scopeText(principal: Principal): string {
  return principal.scope ?? 'no prefix';
}

function reading(prefix: string): Saying {
  return { en: `read records under ${prefix}`, zh: `读取 ${prefix} 下的标识` };
}

function writing(prefix: string): Saying {
  return { en: `write under ${prefix}`, zh: `在 ${prefix} 下登记` };
}

function forbidden(message: string, zh?: string): HandleError {
  return new HandleError('FORBIDDEN', message, { zh });
}

// The first look at registrations: which are well-formed, ours, and allowed to their writer. Reads who holds a prefix,
// once a call; reads no record, so that a denial never tells whether one exists.

import { utf8Length } from '../domain/bytes.ts';
import type { Enterprise } from '../domain/enterprise.ts';
import { HandleError } from '../domain/error.ts';
import {
  type CaseRule,
  type Handle,
  isSystemPrefix,
  parseHandle,
  prefixOf,
  responsiblePrefixOf,
} from '../domain/handle.ts';
import { NO_TRANSFERS, seatsOf, type Transfers } from '../domain/holding.ts';
import { MAX_STORED_HANDLE_BYTES } from '../domain/limits.ts';
import { type HomedPrefix, homeOf, isWithin, type Prefix, parsePrefix } from '../domain/prefix.ts';
import type { Principal } from '../domain/principal.ts';
import { judgeWriteHolders, judgeWriteScope, type Verdict } from './authorization.ts';
import type { Holdings } from './holdings.ts';
import type { Actionable, Target } from './planning.ts';
import type { Registration, RegistrationResult } from './registration.ts';
import type { Remembered } from './remembered.ts';

/** A registration that may be planned. */
export interface Item {
  /** Its place in the call, where its result goes. */
  readonly position: number;
  readonly registration: Actionable;
  readonly target: Target;
  /** The nearest enterprise that holds its prefix; null for prefix handles, which count for nobody. */
  readonly holder: Enterprise | null;
}

/** What the node is home to. */
export interface Homes {
  readonly ownPrefix: Prefix;
  /** All prefixes homed at this moment, the node's own among them. */
  readonly homed: readonly HomedPrefix[];
}

export interface Access {
  readonly verdict: Verdict;
  readonly holder: Enterprise | null;
}

/** Parents and templates that items of a call named, by their spelling: most name the same. */
type NamedHandles = Map<string, Handle>;

/** No handle begins so. */
const NO_HANDLE = '\0';

export class Admission {
  readonly #homes: Homes;
  readonly #enterprises: Remembered<Enterprise>;
  readonly #holdings: Holdings;
  readonly #foldsCase: CaseRule;

  constructor(homes: Homes, enterprises: Remembered<Enterprise>, holdings: Holdings) {
    this.#homes = homes;
    this.#enterprises = enterprises;
    this.#holdings = holdings;
    this.#foldsCase = (prefix) => homeOf(prefix, homes.homed)?.foldsCase ?? false;
  }

  /** Items that may go on, in order; refusals are put in their place in `results`. */
  async admit(
    principal: Principal,
    registrations: readonly Registration[],
    results: RegistrationResult[],
  ): Promise<Item[]> {
    const items: Item[] = [];
    const accesses = new Map<string, Access>();
    let access: Access | null = null;
    let scopeHead = NO_HANDLE;
    const named: NamedHandles = new Map();
    for (let position = 0; position < registrations.length; position++) {
      const registration = registrations[position] as Registration;
      const target = this.#targetOf(registration, named);
      if (target instanceof HandleError) {
        results[position] = { ok: false, handle: registration.handle, error: target };
        continue;
      }
      const { handle } = target;
      if (access === null || !handle.startsWith(scopeHead)) {
        const isSystem = isSystemPrefix(handle);
        const scope = isSystem ? handle : prefixOf(handle);
        // Neighbours of one prefix need no look; a system handle is a scope of its own.
        scopeHead = isSystem ? NO_HANDLE : `${scope}/`;
        access = accesses.get(scope) ?? (await this.accessTo(principal, handle));
        accesses.set(scope, access);
      }
      if (access.verdict !== null) {
        results[position] = { ok: false, handle: target.handle, error: access.verdict };
        continue;
      }
      items.push({ position, registration: registration as Actionable, target, holder: access.holder });
    }
    return items;
  }

  /** Throws `INVALID_HANDLE`, or `NOT_RESPONSIBLE` unless its prefix is homed here. */
  parse(text: string): Handle {
    const handle = parseHandle(text, this.#foldsCase);
    if (homeOf(responsiblePrefixOf(handle), this.#homes.homed) === null) throw notHomed(responsiblePrefixOf(handle));
    return handle;
  }

  /** As `parse`, and short enough to be stored. */
  parseStorable(text: string, at: string): Handle {
    const handle = this.parse(text);
    assertStorable(handle, at);
    return handle;
  }

  /** Whether a principal may write a handle, whatever stands there: asked before that is told. */
  async judgeWrite(principal: Principal, handle: Handle): Promise<Verdict> {
    return (await this.accessTo(principal, handle)).verdict;
  }

  /** The enterprise that holds a homed prefix, by itself, through one above it or by a transfer; null if none does. */
  async holderOf(prefix: Prefix): Promise<Prefix | null> {
    return (await this.#holdersOf(prefix, await this.#holdings.transfers()))[0]?.prefix ?? null;
  }

  /** A handle that is only named, wherever it is homed. Throws `INVALID_HANDLE`. */
  parseNamed(text: string, at: string): Handle {
    try {
      const handle = parseHandle(text, this.#foldsCase);
      assertStorable(handle, at);
      return handle;
    } catch (cause) {
      const { message, zh } = refusalOf(cause);
      throw new HandleError('INVALID_HANDLE', message, { cause, at, zh });
    }
  }

  #targetOf(registration: Registration, named: NamedHandles): Target | HandleError {
    if (registration.operation === 'refused') return registration.error;
    try {
      const handle = this.parseStorable(registration.handle, '/handle');
      if (handle.startsWith('0.NA/')) parsePrefix(responsiblePrefixOf(handle));
      if (registration.operation !== 'put' && registration.operation !== 'patch') {
        return { handle, parent: undefined, template: undefined };
      }
      return {
        handle,
        parent: this.#parseIfNamed(registration.parent, '/parent', named),
        template: this.#parseIfNamed(registration.template, '/template', named),
      };
    } catch (error) {
      return refusalOf(error);
    }
  }

  #parseIfNamed(text: string | null | undefined, at: string, named: NamedHandles): Handle | null | undefined {
    if (text === null || text === undefined) return text;
    const known = named.get(text);
    if (known !== undefined) return known;
    const handle = this.parseNamed(text, at);
    named.set(text, handle);
    return handle;
  }

  /** Whether a principal may write a handle, and whose quota counts what it creates. */
  async accessTo(principal: Principal, handle: Handle): Promise<Access> {
    const { ownPrefix } = this.#homes;
    const transfers = await this.#holdings.transfers();
    const byScope = judgeWriteScope(principal, handle, ownPrefix, transfers);
    if (byScope !== null) return { verdict: byScope, holder: null };
    const prefix = responsiblePrefixOf(handle);
    const holders = await this.#holdersOf(prefix, transfers);
    // A prefix keeps its own quota wherever it goes; whether it may be written is its holder's state.
    const nearest = transfers.size === 0 ? holders : await this.#holdersOf(prefix, NO_TRANSFERS);
    return {
      verdict: judgeWriteHolders(principal, prefix, ownPrefix, holders),
      holder: isSystemPrefix(handle) ? null : (nearest[0] ?? null),
    };
  }

  /**
   * The enterprises at a prefix and above it, nearest first, up to the homed prefix that covers it; from a transferred
   * one the way goes on at its holder.
   */
  async #holdersOf(prefix: Prefix, transfers: Transfers): Promise<readonly Enterprise[]> {
    const { homed } = this.#homes;
    const first = homeOf(prefix, homed);
    if (first === null) throw notHomed(prefix);
    let home: HomedPrefix = first;
    const holders: Enterprise[] = [];
    for (const seat of seatsOf(prefix, transfers)) {
      if (!isWithin(seat, home.prefix)) {
        const next: HomedPrefix | null = isWithin(home.prefix, seat) ? null : homeOf(seat, homed);
        if (next === null) break;
        home = next;
      }
      const enterprise = await this.#enterprises.get(seat);
      if (enterprise !== null) holders.push(enterprise);
    }
    return holders;
  }
}

function assertStorable(handle: Handle, at: string): void {
  if (utf8Length(handle) <= MAX_STORED_HANDLE_BYTES) return;
  throw new HandleError(
    'INVALID_HANDLE',
    `The handle takes ${utf8Length(handle)} bytes of UTF-8, at most ${MAX_STORED_HANDLE_BYTES} can be registered: shorten it.`,
    { at, zh: `标识有 ${utf8Length(handle)} 个 UTF-8 字节，最多 ${MAX_STORED_HANDLE_BYTES} 个：请缩短。` },
  );
}

/** The refusal an item gets for what was thrown; anything but a named failure is a defect and goes on. */
export function refusalOf(error: unknown): HandleError {
  if (error instanceof HandleError) return error;
  throw error;
}

function notHomed(prefix: string): HandleError {
  return new HandleError(
    'NOT_RESPONSIBLE',
    `This node is not responsible for ${prefix}: register at the node that is, or have the prefix homed here by configuration.`,
    { zh: `本节点不负责前缀 ${prefix}：请在负责的节点登记，或由运营方把该前缀归到本节点。` },
  );
}

/** Whether each handle comes after the one before it, so that none comes twice. */
export function areInOrder(items: readonly Item[]): boolean {
  for (let i = 1; i < items.length; i++) {
    if ((items[i - 1] as Item).target.handle >= (items[i] as Item).target.handle) return false;
  }
  return true;
}

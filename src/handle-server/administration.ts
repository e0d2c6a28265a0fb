// The operations of the Handle protocol that write, list, home and unhome: what each request asks of the registry, whose
// rules are those of every other door.

import { bytesFromText } from '../domain/bytes.ts';
import { HandleError } from '../domain/error.ts';
import { type Handle, prefixHandleOf, responsiblePrefixOf } from '../domain/handle.ts';
import { LISTED_AT_ONCE } from '../domain/handle-protocol-limits.ts';
import type { HandleValue } from '../domain/handle-value.ts';
import { MAX_LISTED_HANDLES } from '../domain/limits.ts';
import { type Homed, homeOf } from '../domain/prefix.ts';
import type { HandleAdministration } from '../registry/handle-administration.ts';
import type { HandlePrefixes } from '../registry/handle-prefixes.ts';
import type { Requester } from '../registry/handle-requester.ts';
import type { HandleWrite } from '../registry/handle-writes.ts';
import { FLAG, OPERATION } from '../wire/protocol.ts';
import type { RequestBody } from '../wire/request-body.ts';
import { type Outcome, succeeded } from './outcome.ts';
import { handleText } from './resolution.ts';

export interface AdministrationOptions {
  /** Throws `INVALID_HANDLE`. */
  readonly parse: (text: string) => Handle;
  readonly homed: Homed;
  readonly handleRecords: HandleAdministration;
  readonly handlePrefixes: HandlePrefixes;
}

export interface AdministrationAsked {
  readonly opCode: number;
  readonly opFlags: number;
  readonly body: RequestBody;
  readonly requestId: string;
}

/** Those that need an administrator. */
const OPERATIONS: ReadonlySet<number> = new Set([
  OPERATION.createHandle,
  OPERATION.deleteHandle,
  OPERATION.addValue,
  OPERATION.removeValue,
  OPERATION.modifyValue,
  OPERATION.listHandles,
  OPERATION.homePrefix,
  OPERATION.unhomePrefix,
  OPERATION.listHomedPrefixes,
]);

const DONE = { kind: 'done', bytes: bytesFromText('') } as const;
/** Handles that are asked of the registry at once. */
const PAGE_SIZE = Math.min(1000, MAX_LISTED_HANDLES);

export function isAdministration(opCode: number): boolean {
  return OPERATIONS.has(opCode);
}

export class Administration {
  readonly #options: AdministrationOptions;

  constructor(options: AdministrationOptions) {
    this.#options = options;
  }

  /**
   * Throws what is wrong with a request whoever sends it, and whatever is registered: that is said before anybody is
   * asked who they are.
   */
  check({ opCode, body }: AdministrationAsked): void {
    if (opCode === OPERATION.listHomedPrefixes || !('handle' in body)) return;
    const spelled = handleText(body.handle);
    const isOfPrefix = opCode === OPERATION.homePrefix || opCode === OPERATION.unhomePrefix;
    const { parse, homed } = this.#options;
    // A suffix that is yet to be minted may be empty.
    const handle = isOfPrefix ? null : parse(spelled.endsWith('/') ? `${spelled}-` : spelled);
    if (handle !== null && homeOf(responsiblePrefixOf(handle), homed()) === null) {
      throw new HandleError('NOT_RESPONSIBLE', 'This node is not home to that prefix.');
    }
    if (body.kind === 'values') checkValues(body.values, opCode);
  }

  /** Carries a request out: one outcome, or those of a listing one after the other. Throws what the registry throws. */
  async carryOut(requester: Requester, asked: AdministrationAsked): Promise<Outcome | AsyncIterable<Outcome>> {
    const { opCode, body, requestId } = asked;
    const { handlePrefixes } = this.#options;
    if (opCode === OPERATION.listHomedPrefixes) {
      const prefixes = await handlePrefixes.homed(requester);
      return succeeded({ kind: 'handles', handles: prefixes.map((prefix) => bytesFromText(prefixHandleOf(prefix))) });
    }
    const spelled = 'handle' in body ? handleText(body.handle) : '';
    switch (opCode) {
      case OPERATION.homePrefix:
        await handlePrefixes.home(requester, spelled, { foldsCase: null, requestId });
        return succeeded(DONE);
      case OPERATION.unhomePrefix:
        await handlePrefixes.unhome(requester, spelled, requestId);
        return succeeded(DONE);
      case OPERATION.listHandles:
        return this.#list(requester, spelled);
      default:
        return this.#write(requester, spelled, asked);
    }
  }

  async #write(requester: Requester, spelled: string, asked: AdministrationAsked): Promise<Outcome> {
    const { opCode, opFlags, requestId } = asked;
    const isCreation = opCode === OPERATION.createHandle;
    const mintsSuffix = isCreation && (opFlags & FLAG.mintSuffix) !== 0;
    const write = writeOf(asked);
    const { handle, isNew } = await this.#options.handleRecords.write(
      requester,
      { spelled, mintsSuffix, requestId },
      write,
    );
    const hasOverwritten = 'overwrite' in write && !isNew;
    const flags = (hasOverwritten ? FLAG.overwrite : 0) | (mintsSuffix ? FLAG.mintSuffix : 0);
    return isCreation ? succeeded({ kind: 'created', handle: bytesFromText(handle) }, flags) : succeeded(DONE, flags);
  }

  /** The first page is asked for at once, so that a denial is told before anything is. */
  async #list(requester: Requester, prefix: string): Promise<AsyncIterable<Outcome>> {
    const { handlePrefixes } = this.#options;
    const pageOf = (page: number) => handlePrefixes.list(requester, { prefix, page, pageSize: PAGE_SIZE });
    const first = await pageOf(0);
    async function* outcomes(): AsyncGenerator<Outcome> {
      let { handles } = first;
      for (let page = 0; ; page++) {
        const isLastPage = handles.length < PAGE_SIZE;
        for (let at = 0; at === 0 || at < handles.length; at += LISTED_AT_ONCE) {
          const some = handles.slice(at, at + LISTED_AT_ONCE).map(bytesFromText);
          const isLast = isLastPage && at + LISTED_AT_ONCE >= handles.length;
          yield succeeded({ kind: 'handles', handles: some }, isLast ? 0 : FLAG.continuous);
        }
        if (isLastPage) return;
        handles = (await pageOf(page + 1)).handles;
      }
    }
    return outcomes();
  }
}

function checkValues(values: readonly HandleValue[], opCode: number): void {
  if (values.length === 0 && opCode !== OPERATION.createHandle) {
    throw new HandleError('INVALID_VALUE', 'Value list was empty');
  }
  if (values.some((value) => value.index <= 0)) {
    throw new HandleError('INVALID_VALUE', 'Value indexes must be positive');
  }
}

function writeOf({ opCode, opFlags, body }: AdministrationAsked): HandleWrite {
  const overwrite = (opFlags & FLAG.overwrite) !== 0;
  if (body.kind === 'values') {
    // The instant of a value is the node's to say.
    const values = body.values.map((value) => ({ ...value, timestamp: 0 }));
    if (opCode === OPERATION.createHandle) return { operation: 'put-record', values, overwrite };
    if (opCode === OPERATION.addValue) return { operation: 'put-values', values, overwrite };
    return { operation: 'modify-values', values };
  }
  if (body.kind === 'remove-values') return { operation: 'remove-values', indexes: body.indexes };
  return { operation: 'delete' };
}

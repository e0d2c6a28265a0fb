// Changes: everything that can be written, as one union; what the change log and the announcement of a commit carry.

import type { Enterprise } from './enterprise.ts';
import type { ErrorCode } from './error.ts';
import { type Handle, prefixOf } from './handle.ts';
import type { RecordDraft } from './handle-record.ts';
import { type Lot, type LotDraft, type LotId, prefixOfLot } from './lot.ts';
import type { Home, Prefix } from './prefix.ts';
import type { PreservedMarks, PreservedState } from './preserved.ts';
import type { AccessKey, Principal } from './principal.ts';
import type { Template } from './template.ts';

type Stored = 'revision' | 'createdAt' | 'updatedAt';

/**
 * One compare-and-swap. `expectedRevision` is the revision the writer saw, 0 for "absent or deleted". The store adds
 * revision and instants.
 */
export type Change =
  | {
      readonly kind: 'put-record';
      readonly handle: Handle;
      readonly expectedRevision: number;
      readonly draft: RecordDraft;
      /** Indexes of values that can be searched (templates say which); none if left out. */
      readonly searchable?: readonly number[];
      /** How many identifiers its prefix may have: if it would be one more, it is refused with `INVALID_STATE`. */
      readonly quota?: number;
    }
  /**
   * A record from another node, the states that came with it, oldest first. Refused with `ALREADY_EXISTS` if anything
   * was ever registered under the handle, or where the states go on from one that stands (`after`), with
   * `REVISION_CONFLICT` if another does. Its parents may come later: until then they are absent.
   */
  | {
      readonly kind: 'preserve-record';
      readonly handle: Handle;
      readonly states: readonly PreservedState[];
      /** The newest revision there is here, deletions counted, which the first of the states follows; else left out. */
      readonly after?: number;
      /** As of a put, of the last state. */
      readonly searchable?: readonly number[];
    }
  | { readonly kind: 'delete-record'; readonly handle: Handle; readonly expectedRevision: number }
  | {
      readonly kind: 'put-enterprise';
      readonly expectedRevision: number;
      readonly enterprise: Omit<Enterprise, Stored>;
      /** Revision and instants it comes with from another node, instead of new ones. */
      readonly preserved?: PreservedMarks;
    }
  | {
      readonly kind: 'put-principal';
      readonly expectedRevision: number;
      readonly principal: Omit<Principal, Stored>;
      readonly preserved?: PreservedMarks;
    }
  | {
      readonly kind: 'put-key';
      readonly expectedRevision: number;
      readonly key: Omit<AccessKey, Stored>;
      readonly preserved?: PreservedMarks;
    }
  | {
      readonly kind: 'put-home';
      readonly expectedRevision: number;
      readonly home: Omit<Home, Stored>;
      readonly preserved?: PreservedMarks;
    }
  | {
      /** A new version. */
      readonly kind: 'put-template';
      readonly expectedRevision: number;
      readonly template: Omit<Template, Stored>;
      readonly preserved?: PreservedMarks;
    }
  | {
      /** Of a lot that stands, head, width, tag, secret and first serial never change. */
      readonly kind: 'put-lot';
      readonly expectedRevision: number;
      readonly lot: LotDraft;
      /** Codes only change from one lot to another of the same commit, so that nothing is issued or withdrawn. */
      readonly isSplit?: boolean;
      /** As of a record, of the codes that come with it. */
      readonly quota?: number;
      readonly preserved?: PreservedMarks;
      readonly earlier?: readonly Lot[];
    };

/** What became of one change. A refusal changed nothing, and stops none of its neighbours. */
export type ChangeOutcome =
  | { readonly ok: true; readonly revision: number; readonly at: number }
  | {
      readonly ok: false;
      readonly code: Extract<
        ErrorCode,
        | 'REVISION_CONFLICT'
        | 'INVALID_PARENT'
        | 'INVALID_STATE'
        | 'ALREADY_EXISTS'
        | 'LOT_OVERLAP'
        | 'INVALID_LOT_CODE'
        | 'LOT_KEY_MISSING'
      >;
      readonly message: string;
      /** The message in Chinese, of what a row of a file can meet. */
      readonly zh?: string;
      /** The revision that stands, 0 if there is no live record. */
      readonly currentRevision: number;
    };

/** What a log entry says happened. */
export type ChangeAction = 'created' | 'updated' | 'revoked' | 'deleted' | 'recalled' | 'recall-lifted';

/** What an action counts as in the statistics: a recall changes a record, as others do. */
export type CountedAction = Exclude<ChangeAction, 'recalled' | 'recall-lifted'>;

export function countedAs(action: ChangeAction): CountedAction {
  return action === 'recalled' || action === 'recall-lifted' ? 'updated' : action;
}

/** As much of a record's state as tells what a step to the next one is called. */
export interface RecordStage {
  readonly status: RecordDraft['status'];
  readonly isRecalled: boolean;
}

export function stageOf(record: Pick<RecordDraft, 'status' | 'recall'> | null): RecordStage | null {
  return record === null ? null : { status: record.status, isRecalled: record.recall !== null };
}

/** What a log entry calls the step from one state to the next; null stands for absent. */
export function actionBetween(before: RecordStage | null, after: RecordStage | null): ChangeAction {
  if (after === null) return 'deleted';
  if (before === null) return 'created';
  if (after.status === 'revoked' && before.status !== 'revoked') return 'revoked';
  if (after.isRecalled === before.isRecalled) return 'updated';
  return after.isRecalled ? 'recalled' : 'recall-lifted';
}

/** What a log entry is about. */
export type ChangeSubject = 'record' | 'enterprise' | 'principal' | 'key' | 'home' | 'template' | 'lot';

export interface ChangeEntry {
  readonly subject: ChangeSubject;
  readonly action: ChangeAction;
  /** Handle, prefix (of an enterprise or home), principal id, key id or lot id. */
  readonly name: string;
  readonly revision: number;
}

/** The prefix in whose log an entry stands; null for what belongs to the node as a whole. */
export function loggedPrefixOf({ subject, name }: ChangeEntry): Prefix | null {
  if (subject === 'record' || subject === 'template') return prefixOf(name as Handle);
  if (subject === 'lot') return prefixOfLot(name as LotId);
  return subject === 'enterprise' ? (name as Prefix) : null;
}

/** What a log row says once for all its entries: when, by whom, by which request. */
export interface ChangeHead {
  /** Epoch milliseconds; never before the row in front of it, even if the clock steps back. */
  readonly at: number;
  readonly principalId: string;
  readonly requestId: string;
}

/** One row of the change log: the entries of one commit. */
export interface ChangeRow extends ChangeHead {
  /** Gap-free, from 1. */
  readonly sequence: number;
  readonly entries: readonly ChangeEntry[];
}

/** A commit as it is announced, after it can be read and before it is acknowledged. */
export type VisibleChange =
  | {
      readonly subject: 'record';
      readonly handle: Handle;
      /** True if it was not found before (absent, deleted or reserved), so negative answers end. */
      readonly appeared: boolean;
      /** True if something was there before, so positive answers end. */
      readonly replaced: boolean;
    }
  | {
      readonly subject: 'enterprise';
      readonly prefix: Prefix;
      /** True if its holder changed, so what anyone may read or write under it has to be judged anew. */
      readonly transferred: boolean;
    }
  | { readonly subject: 'principal'; readonly id: string }
  | { readonly subject: 'key'; readonly tokenHash: string }
  | { readonly subject: 'home'; readonly prefix: Prefix }
  | { readonly subject: 'template'; readonly handle: Handle }
  /** Every answer under the prefix may be another now. */
  | { readonly subject: 'lot'; readonly id: LotId; readonly prefix: Prefix };

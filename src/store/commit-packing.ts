// Commit requests as bytes on their way to the committing thread. The sender does the work: what arrives is read as
// quickly as a stored record, with each type's name once a message. Pure.

import type { ByteString } from '../domain/bytes.ts';
import type { Change } from '../domain/change.ts';
import type { Handle } from '../domain/handle.ts';
import type { RecordStatus } from '../domain/handle-record.ts';
import { CreationSheet, encodeSheet } from './creation-sheet.ts';
import { damaged, PackedReader, PackedWriter } from './packed-bytes.ts';
import { decodeRecall, encodeRecall } from './recall-codec.ts';
import type { CommitRequest } from './registry-store.ts';
import { decodeValues, encodeValues } from './value-codec.ts';

type PutChange = Extract<Change, { kind: 'put-record' }>;

const STATUSES = ['reserved', 'active', 'revoked'] as const satisfies readonly RecordStatus[];

// Kinds of requests.
const PLAIN = 0;
const KEYED = 1;
const SHEET = 2;

// Kinds of changes; a put's own flags are added to its kind. One that a quota may keep out carries that as well.
const PUT_WITHIN_QUOTA = 0;
const DELETE = 1;
const DIRECTORY = 2;
const PUT = 3;
const KIND_BITS = 0x03;
const STATUS_SHIFT = 2;
const HAS_PARENT = 0x10;
const HAS_TEMPLATE = 0x20;
const HAS_REASON = 0x40;
const HAS_RECALL = 0x80;

/** Requests of one message, each under the number by which it is answered. */
export class RequestPacker {
  readonly #body = new PackedWriter();
  readonly #head = new PackedWriter();
  readonly #sheet = new PackedWriter();
  readonly #typeIds = new Map<ByteString, number>();
  readonly #names = { typeId: (type: ByteString): number => this.#typeId(type) };
  #count = 0;

  get isEmpty(): boolean {
    return this.#count === 0;
  }

  /** A request that cannot be packed throws, and leaves the others as they are. */
  add(id: number, request: CommitRequest): void {
    const before = this.#body.length;
    try {
      this.#add(id, request);
    } catch (cause) {
      this.#body.cut(before);
      throw cause;
    }
  }

  /** The message; the packer is empty afterwards. */
  take(): ByteString {
    const head = this.#head;
    head.clear();
    head.varint(this.#typeIds.size);
    for (const type of this.#typeIds.keys()) head.bytes(type);
    head.varint(this.#count);
    const message = (head.toBytes() + this.#body.toBytes()) as ByteString;
    this.#body.clear();
    this.#typeIds.clear();
    this.#count = 0;
    return message;
  }

  #add(id: number, request: CommitRequest): void {
    const body = this.#body;
    const { idempotency } = request;
    const sheet = idempotency === null ? this.#sheetOf(request.changes) : null;
    body.varint(id);
    body.text(request.principalId);
    body.text(request.requestId);
    body.byte(idempotency !== null ? KEYED : sheet !== null ? SHEET : PLAIN);
    if (sheet !== null) {
      body.bytes(sheet);
      this.#count += 1;
      return;
    }
    if (idempotency !== null) {
      body.text(idempotency.key);
      body.text(idempotency.bodyHash);
      body.text(idempotency.note);
    }
    body.varint(request.changes.length);
    for (const change of request.changes) this.#addChange(change);
    this.#count += 1;
  }

  /** Null if the changes are none. */
  #sheetOf(changes: readonly Change[]): ByteString | null {
    this.#sheet.clear();
    return encodeSheet(changes, this.#names, this.#sheet) ? this.#sheet.toBytes() : null;
  }

  #addChange(change: Change): void {
    const body = this.#body;
    if (change.kind === 'put-record') {
      this.#addPut(change);
    } else if (change.kind === 'delete-record') {
      body.byte(DELETE);
      body.text(change.handle);
      body.varint(change.expectedRevision);
    } else {
      body.byte(DIRECTORY);
      body.text(JSON.stringify(change));
    }
  }

  #addPut({ handle, expectedRevision, draft, searchable = [], quota }: PutChange): void {
    const { parent, template, reason, recall } = draft;
    const body = this.#body;
    body.byte(
      (quota === undefined ? PUT : PUT_WITHIN_QUOTA) |
        (STATUSES.indexOf(draft.status) << STATUS_SHIFT) |
        (parent === null ? 0 : HAS_PARENT) |
        (template === null ? 0 : HAS_TEMPLATE) |
        (reason === null ? 0 : HAS_REASON) |
        (recall === null ? 0 : HAS_RECALL),
    );
    body.text(handle);
    body.varint(expectedRevision);
    if (quota !== undefined) body.varint(quota);
    if (parent !== null) body.text(parent);
    if (template !== null) body.text(template);
    if (reason !== null) body.text(reason);
    // Timestamps count from 0, so that AT_COMMIT stays what it is.
    if (recall !== null) encodeRecall(recall, 0, body);
    encodeValues({ values: draft.values, searchable }, 0, this.#names, body);
  }

  /** From 1: 0 would mean that the name follows. */
  #typeId(type: ByteString): number {
    const known = this.#typeIds.get(type);
    if (known !== undefined) return known;
    const id = this.#typeIds.size + 1;
    this.#typeIds.set(type, id);
    return id;
  }
}

export interface NumberedRequest {
  readonly id: number;
  readonly request: CommitRequest;
}

/** Throws `STORE_FORMAT` for anything that `RequestPacker` did not make. */
export function unpackRequests(message: ByteString): readonly NumberedRequest[] {
  const from = new PackedReader(message);
  const types = Array.from({ length: from.count() }, () => from.bytes());
  const names = {
    type: (id: number): ByteString => {
      const type = types[id - 1];
      if (type === undefined) throw damaged(`a commit names type ${id}, which it does not announce`);
      return type;
    },
  };
  const requests = Array.from({ length: from.count() }, () => unpackRequest(from, names));
  from.end();
  return requests;
}

type TypeNames = Parameters<typeof decodeValues>[2];

function unpackRequest(from: PackedReader, names: TypeNames): NumberedRequest {
  const id = from.varint();
  const principalId = from.text();
  const requestId = from.text();
  const form = from.byte();
  if (form === SHEET)
    return { id, request: sheetRequest(principalId, requestId, new CreationSheet(from.bytes(), names)) };
  const idempotency = form === KEYED ? { key: from.text(), bodyHash: from.text(), note: from.text() } : null;
  const changes = Array.from({ length: from.count() }, () => unpackChange(from, names));
  return { id, request: { principalId, requestId, changes, idempotency } };
}

function sheetRequest(principalId: string, requestId: string, sheet: CreationSheet): CommitRequest {
  return {
    ...{ principalId, requestId, idempotency: null, sheet },
    get changes() {
      return sheet.changes;
    },
  };
}

function unpackChange(from: PackedReader, names: TypeNames): Change {
  const flags = from.byte();
  const kind = flags & KIND_BITS;
  if (kind === DIRECTORY) return JSON.parse(from.text()) as Change;
  const handle = from.text() as Handle;
  const expectedRevision = from.varint();
  if (kind === DELETE) return { kind: 'delete-record', handle, expectedRevision };
  const status = STATUSES[(flags >>> STATUS_SHIFT) & KIND_BITS];
  if (status === undefined) throw damaged('a commit has unknown flags');
  const quota = kind === PUT_WITHIN_QUOTA ? { quota: from.varint() } : {};
  const parent = (flags & HAS_PARENT) === 0 ? null : (from.text() as Handle);
  const template = (flags & HAS_TEMPLATE) === 0 ? null : (from.text() as Handle);
  const reason = (flags & HAS_REASON) === 0 ? null : from.text();
  const recall = (flags & HAS_RECALL) === 0 ? null : decodeRecall(from, 0);
  const searchable: number[] = [];
  const values = decodeValues(from, 0, names, searchable);
  const draft = { status, parent, template, reason, recall, values };
  const put = { kind: 'put-record', handle, expectedRevision, draft, ...quota } as const;
  return searchable.length === 0 ? put : { ...put, searchable };
}

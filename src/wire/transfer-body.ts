// The bodies by which servers of one site copy from each other: RETRIEVE_TXN_LOG and DUMP_HANDLES of the reference server,
// ⇄ bytes.

import { type ByteString, EMPTY_BYTES } from '../domain/bytes.ts';
import type { ByteReader } from './byte-reader.ts';
import type { MessageWriter } from './message-writer.ts';
import { isAtLeast, type ProtocolVersion } from './protocol.ts';

interface Share {
  /** Which of a site's servers asks, and how many there are. */
  readonly hashType: number;
  readonly serverCount: number;
  readonly serverNumber: number;
}

export interface TransactionsRequest extends Share {
  readonly kind: 'transactions';
  /** From 2.9 on, what the asker has of several sources, as JSON; null for the two numbers of one source. */
  readonly state: ByteString | null;
  /** Eight bytes each. */
  readonly lastTransactionId: ByteString;
  readonly lastQueryDate: ByteString;
}

export interface DumpRequest extends Share {
  readonly kind: 'dump';
  /** Where an interrupted dump goes on; null from the start. */
  readonly from: { readonly handle: ByteString; readonly kind: number } | null;
}

export type TransferRequest = TransactionsRequest | DumpRequest;

const LONG_BYTES = 8;

function readShare(reader: ByteReader): Share {
  return { hashType: reader.readByte(), serverCount: reader.readInt(), serverNumber: reader.readInt() };
}

/** Throws what the reader throws. */
export function readTransactionsRequest(reader: ByteReader, version: ProtocolVersion): TransactionsRequest {
  const form = isAtLeast(version, 9) ? reader.readByte() : 0;
  if (form > 1) throw reader.malformed('a form of replication nobody knows');
  const state = form === 1 ? reader.readBytes() : null;
  const lastTransactionId = form === 0 ? reader.readFixed(LONG_BYTES) : EMPTY_BYTES;
  const lastQueryDate = form === 0 ? reader.readFixed(LONG_BYTES) : EMPTY_BYTES;
  return { kind: 'transactions', state, lastTransactionId, lastQueryDate, ...readShare(reader) };
}

/** Throws what the reader throws. */
export function readDumpRequest(reader: ByteReader): DumpRequest {
  const share = readShare(reader);
  const from = reader.remaining === 0 ? null : { handle: reader.readBytes(), kind: reader.readInt() };
  return { kind: 'dump', from, ...share };
}

export function writeTransferRequest(writer: MessageWriter, body: TransferRequest, version: ProtocolVersion): void {
  if (body.kind === 'transactions') {
    if (isAtLeast(version, 9)) writer.byte(body.state === null ? 0 : 1);
    if (body.state === null) {
      writer.fixed(body.lastTransactionId);
      writer.fixed(body.lastQueryDate);
    } else writer.bytes(body.state);
  }
  writer.byte(body.hashType);
  writer.int(body.serverCount);
  writer.int(body.serverNumber);
  if (body.kind === 'transactions' || body.from === null) return;
  writer.bytes(body.from.handle);
  writer.int(body.from.kind);
}

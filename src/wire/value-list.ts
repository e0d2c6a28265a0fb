// Handle values (RFC 3651 §3.1) ⇄ the bytes of a Handle protocol message. Rules of content are decided elsewhere.

import { bytesFromText } from '../domain/bytes.ts';
import { type HandleValue, makeValue } from '../domain/handle-value.ts';
import type { ByteReader } from './byte-reader.ts';
import { type MessageWriter, putBytes, putInt } from './message-writer.ts';
import { readReferences } from './reference-list.ts';

/** Index, timestamp, TTL with its type, permissions, two lengths and a count. */
const LEAST_VALUE_BYTES = 26;
const ALL_PERMISSIONS = 0x0f;

/** A counted list of values. Throws what the reader throws. */
export function readValues(reader: ByteReader): readonly HandleValue[] {
  const values: HandleValue[] = [];
  const count = reader.readCount(LEAST_VALUE_BYTES);
  for (let i = 0; i < count; i++) values.push(readValue(reader));
  return values;
}

function readValue(reader: ByteReader): HandleValue {
  const index = reader.readInt();
  const timestamp = reader.readInt();
  const ttlType = reader.readByte();
  if (ttlType > 1) throw reader.malformed('a kind of TTL nobody knows');
  const ttl = reader.readInt();
  const permissions = reader.readByte();
  if (permissions > ALL_PERMISSIONS) throw reader.malformed('permissions nobody knows');
  const type = reader.readBytes();
  const data = reader.readBytes();
  const references = readReferences(reader);
  return makeValue({ index, timestamp, ttlIsAbsolute: ttlType === 1, ttl, permissions, type, data, references });
}

/** All but the references themselves. */
function writeFields(writer: MessageWriter, value: HandleValue): void {
  const { type, data } = value;
  let at = writer.claim(LEAST_VALUE_BYTES + type.length + data.length);
  const { view } = writer;
  at = putInt(view, at, value.index);
  at = putInt(view, at, value.timestamp);
  view[at++] = value.ttlIsAbsolute ? 1 : 0;
  at = putInt(view, at, value.ttl);
  view[at++] = value.permissions;
  at = putBytes(view, putInt(view, at, type.length), type);
  at = putBytes(view, putInt(view, at, data.length), data);
  putInt(view, at, value.references.length);
}

export function writeValues(writer: MessageWriter, values: readonly HandleValue[]): void {
  writer.int(values.length);
  for (const value of values) {
    writeFields(writer, value);
    for (const { handle, index } of value.references) {
      writer.bytes(bytesFromText(handle));
      writer.int(index);
    }
  }
}

// Rows on their way into a table by COPY, in PostgreSQL's binary form: nothing is written as text and read again. Knows no
// meaning.

import { type Connection, type PoolClient, Query } from 'pg';
import type { ByteString } from '../domain/bytes.ts';

/** A column of type bytea or text (its UTF-8), or boolean; null for NULL. */
type Column = ByteString | boolean | null;

const SIGNATURE = 'PGCOPY\n\xff\r\n\0';
const NO_FLAGS = '\0\0\0\0';
const NO_EXTENSION = '\0\0\0\0';
const NULL = '\xff\xff\xff\xff';
const TRAILER = '\xff\xff';
const [TRUE, FALSE] = ['\0\0\0\x01\x01', '\0\0\0\x01\0'];

/** For a statement that ends in `FROM STDIN (FORMAT binary)`. */
export function rowsOfCopy(rows: readonly (readonly Column[])[]): Buffer {
  let text = SIGNATURE + NO_FLAGS + NO_EXTENSION;
  for (const row of rows) {
    text += String.fromCharCode(row.length >>> 8, row.length & 0xff);
    for (const column of row) text += encoded(column);
  }
  return Buffer.from(text + TRAILER, 'latin1');
}

function encoded(column: Column): string {
  if (column === null) return NULL;
  if (typeof column === 'boolean') return column ? TRUE : FALSE;
  const { length } = column;
  return (
    String.fromCharCode((length >>> 24) & 0xff, (length >>> 16) & 0xff, (length >>> 8) & 0xff, length & 0xff) + column
  );
}

/** The connection of `pg`, as far as a statement sends its own messages. */
interface SendingConnection extends Connection {
  sendCopyFromChunk(chunk: Buffer): void;
  endCopyFrom(): void;
}

/**
 * Sends the rows right behind the statement, without waiting to be asked for them: a server that refuses the statement
 * passes over them.
 */
class CopyQuery extends Query {
  readonly #statement: string;
  readonly #rows: Buffer;

  constructor(statement: string, rows: Buffer, done: (error: Error | undefined) => void) {
    super(statement, done);
    this.#statement = statement;
    this.#rows = rows;
    this.submit = (connection) => this.#send(connection as SendingConnection);
  }

  handleCopyInResponse(): void {}

  #send(connection: SendingConnection): null {
    connection.query(this.#statement);
    connection.sendCopyFromChunk(this.#rows);
    connection.endCopyFrom();
    return null;
  }
}

export function copyRows(client: PoolClient, statement: string, rows: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    client.query(new CopyQuery(statement, rows, (error) => (error == null ? resolve() : reject(error))));
  });
}

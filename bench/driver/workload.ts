// What a load consists of: requests prebuilt as bytes in strings, so that sending costs next to nothing.

import { readFileSync } from 'node:fs';
import { bytesFromText } from '../../src/domain/bytes.ts';
import { encodeMessage } from '../../src/wire/message.ts';
import { FLAG, OPERATION } from '../../src/wire/protocol.ts';
import { itemHandle, newRow, type Sector, unknownHandle } from '../generator.ts';
import { seededRandom, shuffled, zipfRank } from '../random.ts';

/** Which items are asked for. `shuffled` meets every item once before any a second time. */
export type Choice = 'first' | 'thousand' | 'shuffled' | 'zipf' | 'unknown';

export type Workload =
  | {
      readonly kind: 'ask';
      readonly path: string;
      /** Header lines, each with its end. */
      readonly headers: string;
      readonly requests: number;
      readonly from: number;
    }
  | {
      readonly kind: 'resolve';
      readonly sector: Sector;
      readonly choice: Choice;
      /** Distinct requests; after the last the first comes again. */
      readonly requests: number;
      /** Place in the order of choices, so that one run goes on where another ended. */
      readonly from: number;
    }
  | {
      readonly kind: 'handle-resolve';
      readonly sector: Sector;
      readonly choice: Choice;
      readonly requests: number;
      readonly from: number;
      /** False if the server is to end the connection behind its response. */
      readonly isKept?: false;
    }
  | {
      /** Names of handles that whoever sends makes messages of. */
      readonly kind: 'handle-names';
      readonly prefix: string;
      readonly requests: number;
      readonly from: number;
    }
  | {
      /** The same message again and again. */
      readonly kind: 'message';
      readonly message: string;
      readonly requests: number;
      readonly from: number;
    }
  | {
      /** Handles of a file, one a line, in their order; behind the last comes the first. */
      readonly kind: 'resolve-listed';
      readonly file: string;
      readonly requests: number;
      readonly from: number;
    }
  | {
      readonly kind: 'resolve-batch';
      readonly sector: Sector;
      readonly choice: Choice;
      readonly perCall: number;
      readonly requests: number;
      readonly from: number;
    }
  | {
      readonly kind: 'register';
      readonly prefix: string;
      readonly token: string;
      readonly requests: number;
      readonly from: number;
    }
  | {
      readonly kind: 'register-batch';
      readonly prefix: string;
      readonly token: string;
      readonly perCall: number;
      readonly requests: number;
      readonly from: number;
    };

const HEAD = 'Host: 127.0.0.1\r\nUser-Agent: jiabiao-bench\r\nAccept: application/json\r\n';

/** The requests of a workload, in order. */
export function prepareRequests(workload: Workload): readonly string[] {
  const requests: string[] = new Array(workload.requests);
  const make = maker(workload);
  for (let i = 0; i < requests.length; i++) requests[i] = flat(make(workload.from + i));
  return requests;
}

function maker(workload: Workload): (number: number) => string {
  switch (workload.kind) {
    case 'ask':
      return () => `GET ${workload.path} HTTP/1.1\r\n${HEAD}${workload.headers}\r\n`;
    case 'resolve': {
      const handleAt = chooser(workload);
      return (number) => `GET /api/handles/${handleAt(number)} HTTP/1.1\r\n${HEAD}\r\n`;
    }
    case 'handle-resolve': {
      const handleAt = chooser(workload);
      return (number) => handleRequest(handleAt(number), workload.isKept ?? true);
    }
    case 'handle-names':
      return (number) => `${workload.prefix}/BENCH-${number}`;
    case 'message':
      return () => workload.message;
    case 'resolve-listed': {
      const handles = readFileSync(workload.file, 'utf8').split('\n');
      return (number) => `GET /api/handles/${handles[number % handles.length]} HTTP/1.1\r\n${HEAD}\r\n`;
    }
    case 'resolve-batch': {
      const handleAt = chooser(workload);
      return (number) => {
        const handles = Array.from({ length: workload.perCall }, (_, i) => handleAt(number * workload.perCall + i));
        return withBody('POST /v1/resolve', '', handles);
      };
    }
    case 'register':
      return (number) => {
        const { handle, values } = newRow(workload.prefix, number);
        return withBody(`PUT /v1/identifiers/${handle}`, authorization(workload.token), { values });
      };
    case 'register-batch':
      return (number) => {
        const first = number * workload.perCall;
        const rows = Array.from({ length: workload.perCall }, (_, i) => newRow(workload.prefix, first + i));
        return withBody('POST /v1/identifiers', authorization(workload.token), rows);
      };
  }
}

/** A resolution over the Handle protocol, of public values, on a connection that is kept unless it is not to be. */
export function handleRequest(handle: string, isKept = true): string {
  const version = { major: 2, minor: 11, suggestedMajor: 2, suggestedMinor: 11 };
  const flags = { isCompressed: false, isEncrypted: false, isTruncated: false };
  const spelled = bytesFromText(handle);
  return encodeMessage({
    kind: 'request',
    envelope: { ...version, ...flags, sessionId: 0, requestId: 1, sequence: 0, messageLength: 0 },
    header: {
      ...{
        opCode: OPERATION.resolution,
        responseCode: 0,
        opFlags: FLAG.publicOnly | (isKept ? FLAG.keepConnection : 0),
      },
      ...{ siteInfoSerial: 0xffff, recursionCount: 0, reserved: 0, expiresAt: 0 },
    },
    credential: null,
    body: { kind: 'resolution', handle: spelled, indexes: [], types: [], trailer: bytesFromText('') },
  });
}

interface Choosing {
  readonly sector: Sector;
  readonly choice: Choice;
  readonly from: number;
}

function chooser({ sector, choice, from }: Choosing): (number: number) => string {
  switch (choice) {
    case 'first':
      return () => itemHandle(sector, 0);
    case 'thousand': {
      const order = shuffled(sector.items, sector.seed);
      return (number) => itemHandle(sector, order[number % Math.min(1000, order.length)] as number);
    }
    case 'shuffled': {
      const order = shuffled(sector.items, sector.seed);
      return (number) => itemHandle(sector, order[number % order.length] as number);
    }
    case 'zipf': {
      const order = shuffled(sector.items, sector.seed);
      const random = seededRandom(sector.seed + 1 + from);
      return () => itemHandle(sector, order[zipfRank(order.length, random)] as number);
    }
    case 'unknown': {
      const order = shuffled(sector.items, sector.seed);
      const size = order.length;
      return (number) => unknownHandle(sector, (order[number % size] as number) + Math.floor(number / size) * size);
    }
  }
}

function authorization(token: string): string {
  return `Authorization: Bearer ${token}\r\n`;
}

function withBody(requestLine: string, headers: string, body: unknown): string {
  const bytes = bytesFromText(JSON.stringify(body));
  return `${requestLine} HTTP/1.1\r\n${HEAD}${headers}Content-Type: application/json\r\nContent-Length: ${bytes.length}\r\n\r\n${bytes}`;
}

/** The same text in one piece: V8 keeps joined strings as trees, and would flatten them while the clock runs. */
function flat(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1');
}

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ResponseFramer } from '../../bench/driver/response-framer.ts';

interface Seen {
  readonly status: number;
  readonly bodyBytes: number;
  readonly tail: string;
}

function framed(pieces: readonly Buffer[]): Seen[] {
  const seen: Seen[] = [];
  const framer = new ResponseFramer((status, bodyBytes, tail) => seen.push({ status, bodyBytes, tail: tail() }));
  const reused = Buffer.alloc(65_536, 0x0a);
  for (const piece of pieces) {
    piece.copy(reused);
    framer.feed(reused, piece.length);
  }
  return seen;
}

/** Cuts bytes at the given places, as a network does. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const edges = [0, ...[...new Set(places.map((place) => place % bytes.length))].sort((a, b) => a - b), bytes.length];
  return edges.slice(1).map((edge, i) => bytes.subarray(edges[i], edge));
}

function withLength(status: number, body: string): string {
  return `HTTP/1.1 ${status} X\r\nETag: "1"\r\nContent-Length: ${body.length}\r\nConnection: keep-alive\r\n\r\n${body}`;
}

function inChunks(chunks: readonly string[]): string {
  const lines = chunks.map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`);
  return `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${lines.join('')}0\r\n\r\n`;
}

describe('the framer of responses', () => {
  it('finds every response however the bytes were cut, and what each body ends with', () => {
    const response = fc.oneof(
      fc
        .tuple(fc.constantFrom(200, 404, 503), fc.string({ maxLength: 700 }).map(ascii))
        .map(([status, body]) => ({ bytes: withLength(status, body), status, body })),
      fc.array(fc.string({ minLength: 1, maxLength: 400 }).map(ascii), { maxLength: 4 }).map((chunks) => ({
        bytes: inChunks(chunks.filter((chunk) => chunk.length > 0)),
        status: 200,
        body: chunks.join(''),
      })),
    );
    fc.assert(
      fc.property(fc.array(response, { minLength: 1, maxLength: 5 }), fc.array(fc.nat(5000)), (responses, places) => {
        const bytes = Buffer.from(responses.map((one) => one.bytes).join(''), 'latin1');
        const seen = framed(cut(bytes, places));
        expect(seen.map(({ status, bodyBytes }) => [status, bodyBytes])).toEqual(
          responses.map(({ status, body }) => [status, body.length]),
        );
        for (const [i, one] of responses.entries()) {
          if (!one.bytes.includes('chunked')) expect(seen[i]?.tail).toBe(one.body.slice(-256));
        }
      }),
    );
  });

  it('takes 304 and 204 as having no body', () => {
    const seen = framed([Buffer.from('HTTP/1.1 304 Not Modified\r\nETag: "1"\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n')]);
    expect(seen.map(({ status }) => status)).toEqual([304, 204]);
  });

  it('refuses a response without a length, and what is no HTTP', () => {
    expect(() => framed([Buffer.from('HTTP/1.1 200 OK\r\nETag: "1"\r\n\r\nbody')])).toThrow('neither Content-Length');
    expect(() => framed([Buffer.from('SSH-2.0-OpenSSH_9.6p1\r\n\r\n')])).toThrow('did not answer with HTTP');
  });

  it('refuses a head without an end', () => {
    const endless = Array.from({ length: 3 }, () => Buffer.alloc(40_000, 'x'));
    expect(() => framed(endless)).toThrow('longer than 64 KiB');
  });
});

function ascii(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/g, '.');
}

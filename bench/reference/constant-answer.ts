// What a reference server answers, and the check that it is the same, byte for byte, as what we answer.

import { request } from 'node:http';

/** One HTTP answer, headers as they are on the wire. */
export interface ConstantAnswer {
  readonly status: number;
  /** Name, value, name, value …, without those that Node adds to every answer itself. */
  readonly headers: readonly string[];
  /** Bytes as a string. */
  readonly body: string;
}

/** Node writes these for any server; Content-Length follows from the body. */
const OWN_OF_NODE = new Set(['date', 'connection', 'keep-alive', 'content-length', 'transfer-encoding']);

export interface Probe {
  readonly method: 'GET' | 'PUT' | 'POST';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Asks once and returns what came. */
export function probe(port: number, asked: Probe): Promise<ConstantAnswer> {
  return new Promise((resolve, reject) => {
    const { method, path } = asked;
    const headers = { accept: 'application/json', ...asked.headers };
    const sent = request({ host: '127.0.0.1', port, method, path, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const kept: string[] = [];
        for (let i = 0; i + 1 < response.rawHeaders.length; i += 2) {
          const [name = '', value = ''] = response.rawHeaders.slice(i, i + 2);
          if (!OWN_OF_NODE.has(name.toLowerCase())) kept.push(name, value);
        }
        resolve({
          status: response.statusCode ?? 0,
          headers: kept,
          body: Buffer.concat(chunks).toString('latin1'),
        });
      });
    });
    sent.on('error', reject);
    sent.end(asked.body);
  });
}

/** What differs between two answers, apart from headers in `volatile`; null if they are the same. */
export function differenceOf(ours: ConstantAnswer, theirs: ConstantAnswer, volatile: readonly string[]): string | null {
  if (ours.status !== theirs.status) return `status ${ours.status} and ${theirs.status}`;
  const [a, b] = [headerLines(ours, volatile), headerLines(theirs, volatile)];
  if (a !== b) return `headers\n${a}\nand\n${b}`;
  return ours.body === theirs.body ? null : `bodies of ${ours.body.length} and ${theirs.body.length} bytes`;
}

function headerLines(answer: ConstantAnswer, volatile: readonly string[]): string {
  const lines: string[] = [];
  for (let i = 0; i + 1 < answer.headers.length; i += 2) {
    const name = (answer.headers[i] ?? '').toLowerCase();
    if (!volatile.includes(name)) lines.push(`${name}: ${answer.headers[i + 1]}`);
  }
  return lines.sort().join('\n');
}

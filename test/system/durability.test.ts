// A system-call trace of the real node: no acknowledgement leaves before its data is on disk. Killing the process cannot
// show that, since the page cache outlives it.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { identifierPath, newEnterprise, recordOf } from './enterprise.ts';
import { Connection, freePort, operatorToken, startNode, temporaryDirectory } from './node.ts';
import { judgeTrace } from './trace.ts';

const WRITES = 50;
const TRACED =
  'openat,read,readv,recvfrom,recvmsg,write,writev,sendto,sendmsg,pwrite64,pwritev,pwritev2,fdatasync,fsync,msync';

describe.runIf(process.platform === 'linux')('a durable acknowledgement', () => {
  it('leaves after its data was synced', { timeout: 120_000 }, async () => {
    const directory = temporaryDirectory();
    const trace = join(directory.path, 'trace');
    const store = join(directory.path, 'store');
    const node = await startNode({
      directory: store,
      port: await freePort(),
      // -D: the node stays our child; -yy: descriptors show what they lead to; -s: enough to see a request's path.
      wrapper: ['strace', '-D', '-f', '-yy', '-s', '64', '--seccomp-bpf', '-o', trace, '-e', `trace=${TRACED}`],
    });
    const operator = new Connection(node.url, operatorToken(store));
    const prefix = await newEnterprise(operator);
    for (let i = 0; i < WRITES; i++) {
      const answer = await operator.ask('PUT', identifierPath(`${prefix}/TRACED-${i}`), recordOf(`text ${i}`));
      expect(answer.status).toBe(201);
    }
    await operator.close();
    await node.stop();
    const findings = judgeTrace(readFileSync(trace, 'latin1'));
    directory.remove();
    expect(findings.early).toEqual([]);
    expect(findings.acknowledged).toBe(WRITES);
    expect(findings.syncs).toBeGreaterThanOrEqual(WRITES);
  });
});

describe('the judge of traces', () => {
  const OPEN = '1 openat(AT_FDCWD</>, "/d/data.mdb", O_WRONLY|O_DSYNC|O_CLOEXEC) = 23</d/data.mdb>';
  const REQUEST =
    '2 read(30<TCP:[127.0.0.1:8000->127.0.0.1:40000]>, "PUT /v1/identifiers/88.118.1/A HTTP/1.1"..., 65536) = 300';
  const PAGES = '1 writev(22</d/data.mdb>, [{iov_base=""..., iov_len=4096}], 1) = 4096';
  const SYNC = '1 fdatasync(22</d/data.mdb>) = 0';
  const META = '1 pwrite64(23</d/data.mdb>, ""..., 128, 40) = 128';
  const ANSWER = '2 write(30<TCP:[127.0.0.1:8000->127.0.0.1:40000]>, "HTTP/1.1 201 Created\\r\\n"..., 200) = 200';
  const judge = (...lines: readonly string[]) => judgeTrace([OPEN, ...lines].join('\n'));

  it('accepts pages, sync, meta page, acknowledgement in this order', () => {
    expect(judge(REQUEST, PAGES, SYNC, META, ANSWER)).toEqual({ acknowledged: 1, syncs: 1, early: [] });
  });

  it.each([
    ['nothing written', [REQUEST, ANSWER]],
    ['written before it was asked', [PAGES, SYNC, META, REQUEST, ANSWER]],
    ['no sync', [REQUEST, PAGES, META, ANSWER]],
    ['a sync after the acknowledgement', [REQUEST, PAGES, ANSWER, SYNC, META]],
    ['no meta page', [REQUEST, PAGES, SYNC, ANSWER]],
    [
      'a sync that began before the pages were written',
      [
        REQUEST,
        '1 fdatasync(22</d/data.mdb> <unfinished ...>',
        '3 writev(22</d/data.mdb>, [{iov_base=""..., iov_len=4096}], 1) = 4096',
        '1 <... fdatasync resumed>) = 0',
        META,
        ANSWER,
      ],
    ],
    [
      'a sync that had begun and not ended',
      [REQUEST, PAGES, '1 fdatasync(22</d/data.mdb> <unfinished ...>', ANSWER, '1 <... fdatasync resumed>) = 0', META],
    ],
    [
      'a sync that failed',
      [REQUEST, PAGES, '1 fdatasync(22</d/data.mdb>) = -1 EIO (Input/output error)', META, ANSWER],
    ],
  ])('sees an early acknowledgement: %s', (_, lines) => {
    const findings = judge(...lines);
    expect(findings.acknowledged).toBe(1);
    expect(findings.early).toHaveLength(1);
  });
});

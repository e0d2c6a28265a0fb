import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type LoadOptions, runLoad } from '../../bench/driver/load.ts';

const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function serve(listener: RequestListener): Promise<number> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

function options(port: number, changes: Partial<LoadOptions> = {}): LoadOptions {
  return {
    port,
    secure: false,
    connections: 4,
    durationMs: 150,
    rate: null,
    next: () => 'GET /x HTTP/1.1\r\nHost: x\r\n\r\n',
    expect: { statuses: [200] },
    serverCpu: () => 0,
    ...changes,
  };
}

const answerOk: RequestListener = (_request, response) => {
  response.end('{"ok":true}');
};

describe('a load', () => {
  it('in a closed loop keeps every connection busy and counts what came', async () => {
    let asked = 0;
    const port = await serve((request, response) => {
      asked++;
      answerOk(request, response);
    });
    const report = await runLoad(options(port));
    expect(report).toMatchObject({ wrong: 0, errors: 0, unanswered: 0, statuses: { 200: report.requests } });
    expect(report.requests).toBeGreaterThan(10);
    expect(asked - report.requests).toBeLessThanOrEqual(4);
    expect(report.bodyBytes).toBe(report.requests * '{"ok":true}'.length);
  });

  it('in an open loop sends what is due, no more and no less', async () => {
    const port = await serve(answerOk);
    const report = await runLoad(options(port, { rate: 1000, durationMs: 200 }));
    expect(report.requests).toBe(200);
    expect(report.unanswered).toBe(0);
    expect(report.lateness?.count).toBe(200);
  });

  it('in an open loop counts latency from when a request was due, not from when it could be sent', async () => {
    const stalledMs = 100;
    let first = true;
    const port = await serve((request, response) => {
      if (!first) return answerOk(request, response);
      first = false;
      setTimeout(() => answerOk(request, response), stalledMs);
    });
    const report = await runLoad(options(port, { rate: 1000, durationMs: 100, connections: 1 }));
    expect(report.requests).toBe(100);
    expect(report.latency.p50Ms).toBeGreaterThan(stalledMs / 4);
  });

  it('counts another status, a short body and a wrong ending as wrong, and says which came first', async () => {
    const port = await serve((_request, response) => {
      response.statusCode = 503;
      response.end('busy');
    });
    const expectations = [
      { statuses: [200] },
      { statuses: [503], minimumBodyBytes: 5 },
      { statuses: [503], tailIncludes: 'idle' },
    ];
    for (const expected of expectations) {
      const report = await runLoad(options(port, { expect: expected }));
      expect(report.wrong).toBe(report.requests);
      expect(report.firstFailure).toBe('HTTP 503, 4 bytes, ending in busy');
    }
    const right = { statuses: [503], minimumBodyBytes: 4, tailIncludes: 'busy' };
    expect(await runLoad(options(port, { expect: right }))).toMatchObject({ wrong: 0, firstFailure: null });
  });

  it('counts connections that break', async () => {
    const port = await serve((request) => request.socket.destroy());
    expect(await runLoad(options(port))).toMatchObject({ requests: 0, errors: 4 });
  });

  it('rejects when nobody listens', async () => {
    const port = await serve(answerOk);
    const server = servers.pop();
    await new Promise((resolve) => server?.close(resolve));
    await expect(runLoad(options(port))).rejects.toThrow('ECONNREFUSED');
  });
});

// The smallest Fastify server that answers the same bytes as we do, from a constant: what the ratios compare us with.

import { parentPort, workerData } from 'node:worker_threads';
import Fastify from 'fastify';
import type { ConstantAnswer } from './constant-answer.ts';

export interface ReferenceTask {
  readonly method: 'GET' | 'PUT' | 'POST';
  /** Fastify's route pattern. */
  readonly route: string;
  readonly answer: ConstantAnswer;
  /** JSON schema the body is validated against; null for none. */
  readonly bodySchema: object | null;
  readonly bodyLimitBytes: number;
}

const { task, port } = workerData as { readonly task: ReferenceTask; readonly port: number };
const app = Fastify({ logger: false, bodyLimit: task.bodyLimitBytes });
const { status, headers, body } = task.answer;
const pairs = Array.from({ length: headers.length / 2 }, (_, i) => headers.slice(i * 2, i * 2 + 2));
const payload = Buffer.from(body, 'latin1');

app.route({
  method: task.method,
  url: task.route,
  ...(task.bodySchema === null ? {} : { schema: { body: task.bodySchema } }),
  handler: (_request, reply) => {
    reply.code(status);
    for (const [name, value] of pairs) reply.header(name as string, value);
    reply.send(payload);
  },
});

// Fastify hands its options on to `server.listen`, which knows reusePort; its types do not.
const listening = { host: '127.0.0.1', port, reusePort: true };
await app.listen(listening);
const address = app.server.address();
parentPort?.postMessage(typeof address === 'object' ? address?.port : null);

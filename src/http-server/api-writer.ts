// Puts a reply of the Handle API on the wire in one write, with the headers that depend on the asker: origin and closing.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { allowsOrigin, type CorsOrigins, HANDLE_API_EXPOSED, withCors } from './cors.ts';
import type { ApiReply } from './handle-api-reply.ts';

export interface ApiWriter {
  write(request: IncomingMessage, response: ServerResponse, reply: ApiReply): void;
}

/** `isClosing`: the server is finishing, so connections are not kept. */
export function createApiWriter(corsOrigins: CorsOrigins, isClosing: () => boolean): ApiWriter {
  return {
    write(request, response, reply) {
      const { origin } = request.headers;
      let { headers } = reply;
      if (origin !== undefined && allowsOrigin(corsOrigins, origin))
        headers = withCors(headers, origin, HANDLE_API_EXPOSED);
      if (isClosing()) headers = [...headers, 'Connection', 'close'];
      response.writeHead(reply.status, headers as string[]);
      // ByteString: each character is one byte, so head and body leave as one string.
      if (request.method === 'HEAD' || reply.status === 304) response.end();
      else response.end(reply.body, 'latin1');
    },
  };
}

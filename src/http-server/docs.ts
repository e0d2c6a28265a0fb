// `/openapi.json` and `/docs`: the description of the interface, and a page to browse it that fetches nothing from
// elsewhere. Nothing of it is in memory before it is asked for; the page's files are read from the package each time.

import { readFile } from 'node:fs/promises';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { confinePage } from './page-headers.ts';

export interface DocsOptions {
  /** Of the program; the description carries it. */
  readonly version: string;
}

const CSS = 'text/css; charset=utf-8';
const SCRIPT = 'text/javascript; charset=utf-8';

/** Files that the page brings along: name, type, where they lie. There are no others. */
const FILES = [
  ['swagger-ui.css', CSS, import.meta.resolve('swagger-ui-dist/swagger-ui.css')],
  ['swagger-ui-bundle.js', SCRIPT, import.meta.resolve('swagger-ui-dist/swagger-ui-bundle.js')],
] as const;

const START_SCRIPT = `window.ui = SwaggerUIBundle({
  url: '/openapi.json', dom_id: '#docs', deepLinking: true, docExpansion: 'list', defaultModelsExpandDepth: 0,
  validatorUrl: null, persistAuthorization: false,
});
`;

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Jiabiao 家标 API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
<div id="docs"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
`;

/** The page sets styles and shows its own images; scripts and connections are this node's alone. */
const CONTENT_SECURITY_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** A day: the files change with the program only. */
const CACHE_CONTROL = 'public, max-age=86400';

export function registerDocs(app: FastifyInstance, options: DocsOptions): void {
  let description: Promise<string> | null = null;
  app.get('/openapi.json', async (_request, reply) => {
    description ??= import('./openapi.ts').then(({ openApiDocument }) =>
      JSON.stringify(openApiDocument(options.version)),
    );
    return send(reply, 'application/json; charset=utf-8', await description);
  });
  app.get('/docs', async (request, reply) => {
    confinePage(request, reply, CONTENT_SECURITY_POLICY);
    return send(reply, 'text/html; charset=utf-8', PAGE);
  });
  app.get('/docs/start.js', async (_request, reply) => send(reply, SCRIPT, START_SCRIPT));
  for (const [name, type, url] of FILES) {
    app.get(`/docs/${name}`, async (_request, reply) => send(reply, type, await readFile(new URL(url))));
  }
}

function send(reply: FastifyReply, type: string, body: string | Buffer): FastifyReply {
  return reply.header('Cache-Control', CACHE_CONTROL).type(type).send(body);
}

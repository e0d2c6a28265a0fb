// What a visitor gets who is led on to a registered address, or is shown the addresses there are.

import type { FastifyReply, FastifyRequest } from 'fastify';
import { confinePage } from './page-headers.ts';
import { escapeHtml } from './page-html.ts';
import type { ProxyAnswer } from './proxy.ts';

/** How long a phone may follow the same way again without asking: a recall must be seen soon, whatever the TTL says. */
const MAX_REDIRECT_AGE_SECONDS = 60;
const NOTHING_LOADS = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

export function sendFollowed(
  request: FastifyRequest,
  reply: FastifyReply,
  followed: Exclude<ProxyAnswer, { kind: 'alias-loop' }>,
): FastifyReply {
  confinePage(request, reply, NOTHING_LOADS);
  if (followed.kind === 'locations') {
    return reply.header('Cache-Control', 'no-cache').type('text/xml;charset=utf-8').send(followed.xml);
  }
  const { status, location, ttlSeconds, expiresAt, vary } = followed;
  reply
    .code(status)
    .header('Location', location)
    .header('Expires', new Date(expiresAt).toUTCString())
    .header('Cache-Control', `public, max-age=${Math.min(ttlSeconds, MAX_REDIRECT_AGE_SECONDS)}`)
    .type('text/html;charset=utf-8');
  if (vary.length > 0) reply.header('Vary', vary.join(', '));
  const shown = escapeHtml(location);
  return reply.send(
    `<html><head><title>Handle Redirect</title></head>\n<body><a href="${shown}">${shown}</a></body></html>`,
  );
}

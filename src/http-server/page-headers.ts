// The headers by which a page is confined in a browser: what it may load, who may frame it, what it tells others. For
// pages alone; what programs ask for needs none of them.

import type { FastifyReply, FastifyRequest } from 'fastify';

/** Whatever a page might ask the device for, refused. */
const PERMISSIONS_POLICY = 'camera=(), geolocation=(), microphone=(), payment=(), usb=()';

/** A year, of this host alone: other names of the operator may well be plain. */
const TRANSPORT_SECURITY = 'max-age=31536000';

/** `contentPolicy` is the page's own; it must forbid frames too, for browsers that know no `X-Frame-Options`. */
export function confinePage(request: FastifyRequest, reply: FastifyReply, contentPolicy: string): void {
  reply
    .header('Content-Security-Policy', contentPolicy)
    .header('Cross-Origin-Opener-Policy', 'same-origin')
    .header('Permissions-Policy', PERMISSIONS_POLICY)
    .header('Referrer-Policy', 'no-referrer')
    .header('X-Frame-Options', 'DENY');
  // Only where TLS ends here: a proxy in front has its own mind about it.
  if ('encrypted' in request.raw.socket) reply.header('Strict-Transport-Security', TRANSPORT_SECURITY);
}

// What the headers of requests and answers mean, for the description of the interface alone.

export const REQUEST_HEADERS: Readonly<Record<string, { readonly description: string; readonly example: string }>> = {
  'If-Match': { description: 'Write only if this still is the revision.', example: '"r4"' },
  'If-None-Match': { description: 'A tag seen before; when writing, `*`: only if there is nothing yet.', example: '*' },
  'Idempotency-Key': {
    description: 'Makes a repeat safe: within 24 hours the same request gets the first outcome.',
    example: '7f1c8f0e-6f0b-4b57-9f0a-0d6f6b2c9b11',
  },
  'Last-Event-ID': { description: 'The sequence that a stream got last: it goes on behind it.', example: '1200' },
  'Accept-Language': { description: 'Language of the page.', example: 'zh-CN' },
};

export const RESPONSE_HEADERS: Readonly<Record<string, string>> = {
  Age: 'Of what another node told: seconds since then.',
  'Cache-Status':
    'Of what another node told: who gave it here, and how long it is fresh (RFC 9211); negative once it is stale.',
  'Server-Timing': 'Of what another node was asked for: how long that took, in milliseconds.',
  'Cache-Control': 'How long the answer may be kept, from the TTL of its values.',
  ETag: 'The revision: strong for an own record, weak for a resolved answer.',
  'Idempotency-Replayed': '`true` if this is the stored outcome of an earlier request.',
  Location: 'Where what was created is found, or what was asked for.',
  'Retry-After': 'Seconds after which it is worth another try.',
  'X-Request-Id': "The request's id, also in logs and in the change log: the client's own if it is sane.",
};

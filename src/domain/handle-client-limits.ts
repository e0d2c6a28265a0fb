// The fixed limits of asking others over the Handle protocol, each with its reason.

/** Referrals followed for one handle: the tree has four levels, and more is a circle or a mistake. */
export const MAX_REFERRALS = 6;
/** Aliases followed from one handle to the next. */
export const MAX_ALIASES = 4;
/** Questions to others for one resolution, whatever they are for: half of what the reference client allows. */
export const MAX_STEPS = 20;
/** Interfaces tried for one of them: two sites over TCP and UDP, and one more site. */
export const MAX_TRIES = 6;

/** Sites that one record may name: as many as are ever tried, and room. */
export const MAX_SITES_OF_RECORD = 16;
/** Prefixes whose sites are remembered, and for how long at most: the national SDK keeps them as long. */
export const MAX_KNOWN_PREFIXES = 1000;
export const MAX_SITES_AGE_SECONDS = 3600;

/** Servers whose health and connections are remembered; the one longest unused gives way. */
export const MAX_KNOWN_SERVERS = 1000;
/** Connections to a server that keeps them, and questions on one of these at once: the most one upstream may have. */
export const MAX_KEPT_CONNECTIONS = 4;
export const MAX_PIPELINED = 16;
/** Connections to a server that ends each after one answer, as the reference server does. */
export const MAX_SINGLE_CONNECTIONS = 32;
/** Questions that wait for a connection to one server. */
export const MAX_WAITING_FOR_SERVER = 256;
/** How long a connection is kept without a question: shorter than anybody's idle limit in the field. */
export const IDLE_CONNECTION_MS = 30_000;

/** When a datagram that was not answered is sent again, after the one before: as the reference client does. */
export const RESEND_AFTER_MS: readonly number[] = [500, 1000, 1500];

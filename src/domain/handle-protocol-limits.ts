// The fixed limits of the Handle protocol's doors, each with its reason. Those that all doors share are in limits.ts.

/**
 * Rounds of key stretching that a client may ask for, ten times what the reference client does: about 50 ms of one
 * thread of the pool; and bits of the key.
 */
export const MAX_STRETCHING_ITERATIONS = 100_000;
export const MAX_STRETCHED_KEY_BITS = 512;

/**
 * Stretchings of keys and checks of signatures that a thread has the pool do at once, so that those of strangers leave
 * it room for reading, signing and compressing; and the rounds that may wait, half a second of a core. What comes by
 * datagrams, from addresses nobody vouches for, has its own lane, a tenth of that: it keeps nobody else waiting.
 */
export const MAX_STRETCHINGS_AT_ONCE = 2;
export const MAX_WAITING_ROUNDS = 4_000_000;
export const MAX_WAITING_ROUNDS_UNVOUCHED = 400_000;
/** What the cheapest counts as, a signature or few rounds: it bounds how many wait. */
export const MIN_ROUNDS_COUNTED = 10_000;

/**
 * Bits of a public key that a signature is checked with, and of the exponent of an RSA key: what is in use, and a
 * millisecond. Whoever administers a handle writes its keys.
 */
export const MAX_PUBLIC_KEY_BITS = 4096;
export const MAX_RSA_EXPONENT_BITS = 32;

/**
 * Keys of one type that an administrator's answer is tried with: each costs as much as the rounds above, and a record may
 * have thousands.
 */
export const MAX_KEYS_TRIED = 8;

/**
 * Responses that wait for the site's signature at one thread: about a millisecond of the pool each, for anyone who asks.
 * Beyond it the answer is that there is too much to do, unsigned.
 */
export const MAX_SIGNATURES_AT_ONCE = 64;

/** Messages that a thread waits for another to answer. */
export const MAX_FORWARDED_MESSAGES = 1024;

/** Indexes and types that one resolution may name over the Handle protocol: more would make one answer expensive. */
export const MAX_RESOLUTION_FILTERS = 256;

/** Challenges a thread waits to see answered, and those of one client network; the oldest give way. */
export const MAX_CHALLENGES = 4096;
export const MAX_CHALLENGES_OF_NETWORK = 256;
/** Bytes of the requests that wait with them. */
export const MAX_CHALLENGED_BYTES = 16_777_216;
/** How long a challenge may be answered: the reference server's setup writes as much. */
export const CHALLENGE_TTL_MS = 60_000;

/** Requests of one connection that are carried out at once; further ones wait unread. */
export const MAX_REQUESTS_OF_CONNECTION = 64;
/**
 * Bytes of messages that one thread has received in part, and of those from one client network: 32 messages of the
 * largest size. Whoever goes beyond it is cut off.
 */
export const MAX_PARTIAL_BYTES = 67_108_864;
export const MAX_PARTIAL_BYTES_OF_NETWORK = 8_388_608;
/** Messages in datagrams that one thread has received in part, and how long they wait for the rest (HSv9: 5 s). */
export const MAX_PARTIAL_MESSAGES = 1024;
export const MAX_PARTIAL_MESSAGES_OF_NETWORK = 64;
export const PARTIAL_MESSAGE_TTL_MS = 5000;
/**
 * Bytes sent by UDP for each byte received; what goes beyond it comes from a budget of the client's network, in bytes a
 * second. Addresses of datagrams can be false, and whoever they belong to is sent no more than that.
 */
export const MAX_AMPLIFICATION = 10;
export const AMPLIFIED_BYTES_PER_SECOND = 65_536;
export const AMPLIFIED_BYTES_BURST = 262_144;
/** Handles in one message of a listing, as in the reference server. */
export const LISTED_AT_ONCE = 50;

/** Sessions of one thread, and of one client network; the oldest of the network give way. */
export const MAX_SESSIONS = 8192;
export const MAX_SESSIONS_OF_NETWORK = 512;
/** Sessions that one client network may set up at one thread: each costs it some milliseconds. */
export const SESSION_SETUPS_PER_SECOND = 20;
export const SESSION_SETUP_BURST = 200;
/**
 * Those that one thread sets up by datagrams of whatever networks, as forged addresses cost nothing: half a millisecond
 * of its event loop each, two with the longest primes. By TCP more are.
 */
export const SESSION_SETUPS_UNVOUCHED_PER_SECOND = 100;
export const SESSION_SETUP_UNVOUCHED_BURST = 200;
/** Keys that a thread agrees on at once, and those that wait for it: a millisecond of the pool each. */
export const MAX_AGREEMENTS_AT_ONCE = 2;
export const MAX_WAITING_AGREEMENTS = 256;
/** The longest a session lasts, as the reference client asks for. */
export const MAX_SESSION_SECONDS = 86_400;
/** Bits of the prime of a session's key: fewer are no protection, more cost too much time of the thread. */
export const MIN_PRIME_BITS = 1024;
export const MAX_PRIME_BITS = 4096;

/**
 * Sessions of the HTTP interface that one thread keeps, of those that have shown who they are and of the others apart;
 * of the others, those of one client network. The ones used longest ago give way: every refusal over TLS begins one.
 */
export const MAX_HTTP_SESSIONS = 8192;
export const MAX_PENDING_HTTP_SESSIONS_OF_NETWORK = 256;
/** How long a session of the HTTP interface lasts unused, as in the reference server. */
export const HTTP_SESSION_IDLE_MS = 1_800_000;
/** Bytes of a session's request, and of the client's nonce: the reference client sends 16. */
export const MAX_SESSION_BODY_BYTES = 16_384;
export const MAX_CLIENT_NONCE_BYTES = 1024;

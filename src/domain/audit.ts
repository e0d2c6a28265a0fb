// The audit trail as rooms see it: what is worth a line in it, and where to send that. Who writes it, and where, is
// logbook's to know. Registrations are not in it: the change log has every one of them, with principal and request id.

/** Every kind of event there is. Whoever has something new to record adds its kind here. */
export const AUDIT_KINDS = [
  // the node itself
  'node-started', // detail: version, settings that differ from their defaults (never secrets)
  'node-stopped',
  'certificate-loaded',
  'certificate-refused', // a new certificate was no good: the old one stays
  'site-keys-loaded', // of the Handle site; detail: serialNumber, keys
  // who is who
  'enterprise-created',
  'enterprise-updated',
  'principal-created',
  'principal-updated',
  'key-created',
  'key-updated',
  'key-revoked',
  // what is where
  'identifiers-revoked', // subject: the first of them; detail: count
  'identifiers-deleted',
  'prefix-homed', // detail: state, foldsCase
  'lot-created', // detail: state, from, to
  'lot-changed', // detail: state, from, to
  'template-changed', // detail: elements, disabled
  // the whole registry
  'backup-made',
  'registry-restored',
  'registry-exported',
  'site-key-rotated', // at the machine; detail: serialNumber
  'site-keys-withdrawn', // detail: count
  // who was not let in
  'access-denied',
  'access-throttled', // guessing of keys or secrets is being slowed
  // the trail itself
  'lines-lost', // detail: count; they could not be written
] as const;

export type AuditKind = (typeof AUDIT_KINDS)[number];

/** What else belongs to an event. No secrets, no tokens, no passwords. */
export type AuditDetail = Readonly<Record<string, string | number | boolean | null>>;

export interface AuditEvent {
  readonly kind: AuditKind;
  /** Who did it; null if nobody was recognised, or the node did it by itself. */
  readonly principalId: string | null;
  readonly requestId: string | null;
  /** Where it came from, in the form the settings allow for addresses; null for what the node or its machine did. */
  readonly client: string | null;
  /** What it was done to: handle, prefix, id of a principal or key, route, file. */
  readonly subject: string | null;
  readonly detail: AuditDetail;
}

/**
 * Takes events in. Returns at once, never throws, keeps the order of one thread. The line is on disk within about a
 * second; what cannot be written waits within a bound, and what is lost beyond it is counted in the trail itself.
 */
export interface AuditTrail {
  record(event: AuditEvent): void;
}

export const SILENT_TRAIL: AuditTrail = { record() {} };

/** An event of the node itself, or of the person at its machine. */
export function nodeEvent(kind: AuditKind, subject: string | null, detail: AuditDetail = {}): AuditEvent {
  return { kind, principalId: null, requestId: null, client: null, subject, detail };
}

// The certificate of a node, if it has one: what its doors start with, and who is told of each that takes its place.

import type { AuditTrail } from '../domain/audit.ts';
import type { TlsMaterial } from '../http-server/tls.ts';
import { watchCertificate } from './certificate-watch.ts';
import { systemClock } from './clock.ts';
import type { Config } from './config.ts';
import type { Counters } from './counters.ts';
import type { Log } from './logs.ts';

export interface NodeCertificate {
  /** Null for plain HTTP. */
  current(): TlsMaterial | null;
  /** `tell` is told of every certificate from now on; one listener, whoever runs the doors. */
  onRenewed(tell: (material: TlsMaterial) => void): void;
  end(): void;
}

const NONE: NodeCertificate = { current: () => null, onRenewed() {}, end() {} };

/** Throws `INVALID_CONFIG` if the files of the settings are no certificate to serve with. */
export async function openCertificate(parts: {
  readonly config: Config;
  readonly counters: Counters;
  readonly log: Log;
  readonly trail: AuditTrail;
}): Promise<NodeCertificate> {
  const { config, counters, log, trail } = parts;
  if (config.tls.certificate === null) return NONE;
  let tell = (_material: TlsMaterial): void => {};
  const onRenewed = (material: TlsMaterial): void => tell(material);
  const watch = await watchCertificate({ settings: config.tls, clock: systemClock, counters, log, trail, onRenewed });
  return {
    current: () => watch.current(),
    onRenewed(listener) {
      tell = listener;
    },
    end: () => watch.end(),
  };
}

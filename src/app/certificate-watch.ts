// Keeps the certificate that the servers use in step with its files: reads them again and again, hands a new one on, and
// keeps the old one where the new one cannot serve. Reading instead of being told works for renamed files, swapped links
// and network disks alike.

import { type AuditTrail, nodeEvent } from '../domain/audit.ts';
import type { TlsMaterial } from '../http-server/tls.ts';
import type { Counters } from './counters.ts';
import type { Log } from './logs.ts';
import { type Certificate, certificateFrom, readTlsFiles, type TlsFiles, type TlsSettings } from './tls-files.ts';

/** A renewal counts this soon; three small files cost the main thread well under a millisecond. */
const INTERVAL_MS = 5000;
/** Renewal by ACME comes 30 days before the end: what is left now is time for a person to act. Alerts say the same. */
const WARNING_MS = 14 * 86_400_000;

export interface CertificateWatchOptions {
  readonly trail: AuditTrail;
  readonly settings: TlsSettings;
  readonly clock: () => number;
  readonly counters: Counters;
  readonly log: Log;
  /** Told of each certificate that takes another's place. */
  readonly onRenewed: (material: TlsMaterial) => void;
}

export interface CertificateWatch {
  /** What new servers are to use. */
  current(): TlsMaterial;
  /** Looks at the files now. Never throws. */
  check(): Promise<void>;
  end(): void;
}

/**
 * Reads the files and goes on watching them. Throws `INVALID_CONFIG` if no server can be made of them. A certificate that
 * has expired, or is not valid yet, starts all the same and is reported: a restart must not turn clients that complain
 * into a node that is gone, and the renewed one is taken without another restart.
 */
export async function watchCertificate(options: CertificateWatchOptions): Promise<CertificateWatch> {
  const files = await readTlsFiles(options.settings);
  const watch = new Watch(options, files, certificateFrom(files, options.settings));
  watch.start();
  return watch;
}

class Watch implements CertificateWatch {
  readonly #options: CertificateWatchOptions;
  #files: TlsFiles;
  #certificate: Certificate;
  /** What was last objected to, so that the log has it once; null if the files are in use. */
  #objection: string | null = null;
  #timer: NodeJS.Timeout | null = null;
  #checking: Promise<void> | null = null;

  constructor(options: CertificateWatchOptions, files: TlsFiles, certificate: Certificate) {
    this.#options = options;
    this.#files = files;
    this.#certificate = certificate;
    this.#report();
  }

  start(): void {
    this.#timer = setInterval(() => void this.check(), INTERVAL_MS);
    this.#timer.unref();
  }

  end(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
  }

  current(): TlsMaterial {
    return this.#certificate.material;
  }

  /** One look at a time: a slow disk must not pile them up. */
  check(): Promise<void> {
    this.#checking ??= this.#check().finally(() => {
      this.#checking = null;
    });
    return this.#checking;
  }

  async #check(): Promise<void> {
    try {
      const files = await readTlsFiles(this.#options.settings);
      if (!isSame(files, this.#files)) this.#take(files);
      this.#object(null);
    } catch (error) {
      this.#object((error as Error).message);
    }
  }

  /** Throws what is wrong with the new one. */
  #take(files: TlsFiles): void {
    const certificate = certificateFrom(files, this.#options.settings);
    const worse = this.#objectionNow(certificate);
    if (worse !== null && this.#objectionNow(this.#certificate) === null) throw new Error(worse);
    this.#files = files;
    this.#certificate = certificate;
    this.#options.onRenewed(certificate.material);
    this.#options.log.info(this.#facts(), 'the TLS certificate was replaced');
    this.#options.trail.record(nodeEvent('certificate-loaded', certificate.subject));
    this.#report();
  }

  #object(objection: string | null): void {
    if (objection === this.#objection) return;
    this.#objection = objection;
    const { counters, log, trail } = this.#options;
    counters.set('certificateRefused', objection === null ? 0 : 1);
    if (objection === null) {
      log.info(this.#facts(), 'the TLS files are in use again');
      return;
    }
    log.error({ reason: objection }, 'the TLS files cannot be used; the certificate read before goes on serving');
    trail.record(nodeEvent('certificate-refused', null, { reason: objection }));
  }

  #report(): void {
    const { counters, log, clock } = this.#options;
    const { validFrom, validTo } = this.#certificate;
    counters.set('certificateStart', validFrom / 1000);
    counters.set('certificateExpiry', validTo / 1000);
    const objection = this.#objectionNow(this.#certificate);
    if (objection !== null)
      log.error({ reason: objection }, 'clients will refuse the TLS certificate; serving with it');
    else if (validTo - clock() < WARNING_MS) log.warn(this.#facts(), 'the TLS certificate expires soon: renew it');
  }

  #objectionNow({ validFrom, validTo, subject }: Certificate): string | null {
    const now = this.#options.clock();
    if (validTo <= now) return `The certificate of ${subject} expired at ${iso(validTo)}: renew it.`;
    if (validFrom <= now) return null;
    return `The certificate of ${subject} is not valid before ${iso(validFrom)}, and this machine's clock says ${iso(now)}: set the clock, or have the certificate issued again.`;
  }

  #facts(): object {
    const { subject, validTo } = this.#certificate;
    return { subject, validTo: iso(validTo) };
  }
}

function isSame(a: TlsFiles, b: TlsFiles): boolean {
  return (
    a.certificate === b.certificate && a.key === b.key && a.passphrase === b.passphrase && a.clientCa === b.clientCa
  );
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

// The logs kept in files, written by the main thread for all: opens them, takes in what the threads report, and keeps house
// among closed files. Trouble with them is counted and told; it stops nothing else.

import { join } from 'node:path';
import type { AuditEvent } from '../domain/audit.ts';
import { chinaDayOf, formatChinaDay } from '../domain/china-day.ts';
import type { ResolutionTally } from '../domain/statistics.ts';
import { openAuditFile } from '../logbook/audit-trail.ts';
import type { LogStem } from '../logbook/day-files.ts';
import { takeEvents } from '../logbook/inbox.ts';
import { LineWriter, type LineWriterOptions } from '../logbook/line-writer.ts';
import { tidyFiles } from '../logbook/upkeep.ts';
import type { Config } from './config.ts';
import type { Counters } from './counters.ts';
import type { Log } from './logs.ts';

/** What a thread that serves tells the main thread, for the record. */
export type Report =
  | { readonly kind: 'audit'; readonly event: AuditEvent; readonly atMs: number }
  /** Whole lines, without the last one's newline. */
  | { readonly kind: 'requests'; readonly text: string; readonly lines: number }
  | { readonly kind: 'resolutions'; readonly tallies: readonly ResolutionTally[] };

export interface LogFiles {
  receive(report: Report): void;
  /** Writes what waits and closes. A second call does nothing. */
  close(): Promise<void>;
}

export interface LogFilesOptions {
  readonly config: Config;
  readonly counters: Counters;
  readonly log: Log;
  readonly clock: () => number;
}

/** How often closed files are looked at, besides whenever one is closed. */
const UPKEEP_MS = 3_600_000;
/** How often commands on this machine are looked for. */
const INBOX_MS = 2000;

/** Null if none are kept. */
export function logDirectoryOf({ log, store }: Pick<Config, 'log' | 'store'>): string | null {
  if (log.directory === 'off') return null;
  if (log.directory !== 'auto') return log.directory;
  return store.kind === 'memory' ? null : join(store.path, 'logs');
}

/** Opens nothing before there is something to write, and never throws: what is wrong with the directory shows then. */
export function openLogFiles(options: LogFilesOptions): LogFiles {
  const directory = logDirectoryOf(options.config);
  if (directory === null) return { receive() {}, close: async () => {} };
  const troubles = new Map<LogStem, string>();
  const upkeep = new Upkeep(options, directory);
  const audit = openAuditFile(writerOptions('audit', { ...options, directory, troubles, upkeep }));
  const requests = new LineWriter({
    ...writerOptions('requests', { ...options, directory, troubles, upkeep }),
    stem: 'requests',
    isSynced: false,
    sealing: null,
    lossLine: (lost) => JSON.stringify({ at: new Date(options.clock()).toISOString(), lost }),
  });
  const takeIn = (): Promise<void> => takeEvents(directory, ({ event, atMs }) => audit.append(event, atMs));
  const inbox = setInterval(() => void takeIn(), INBOX_MS).unref();
  return {
    receive: (report) => {
      if (report.kind === 'audit') audit.append(report.event, report.atMs);
      else if (report.kind === 'requests') requests.append(report.text, report.lines);
    },
    close: async () => {
      clearInterval(inbox);
      await takeIn();
      await Promise.all([audit.close(), requests.close()]);
      await upkeep.close();
    },
  };
}

interface Place extends LogFilesOptions {
  readonly directory: string;
  readonly troubles: Map<LogStem, string>;
  readonly upkeep: Upkeep;
}

function writerOptions(
  stem: LogStem,
  place: Place,
): Omit<LineWriterOptions, 'stem' | 'isSynced' | 'sealing' | 'lossLine'> {
  const { config, counters, log, clock, directory, troubles, upkeep } = place;
  return {
    directory,
    clock,
    maxFileBytes: config.log.maxFileBytes,
    onNewFile: (current) => upkeep.begin(stem, current),
    onWritten: (lines) => counters.logLines(stem, 'written', lines),
    onLost: (lines) => counters.logLines(stem, 'lost', lines),
    onTrouble: (reason) => {
      if (reason === null) troubles.delete(stem);
      else troubles.set(stem, reason);
      counters.set('logsFailing', troubles.size);
      if (reason === null) log.info({ file: stem }, 'the log is written again');
      else log.error({ file: stem, directory, reason }, 'the log cannot be written; everything else goes on');
    },
  };
}

/** Compresses and deletes closed files, one log at a time, in the background. */
class Upkeep {
  readonly #options: LogFilesOptions;
  readonly #directory: string;
  readonly #current = new Map<LogStem, string>();
  readonly #timer: NodeJS.Timeout;
  #running: Promise<void> = Promise.resolve();

  constructor(options: LogFilesOptions, directory: string) {
    this.#options = options;
    this.#directory = directory;
    this.#timer = setInterval(() => {
      for (const [stem, current] of this.#current) this.begin(stem, current);
    }, UPKEEP_MS).unref();
  }

  begin(stem: LogStem, current: string): void {
    this.#current.set(stem, current);
    this.#running = this.#running.then(() => this.#tidy(stem, current));
  }

  async #tidy(stem: LogStem, current: string): Promise<void> {
    const { config, clock, log } = this.#options;
    const oldestDay = formatChinaDay(chinaDayOf(clock()) - config.log.retentionDays);
    try {
      await tidyFiles({ directory: this.#directory, stem, current, oldestDay });
    } catch (error) {
      // They stay as they are, and are looked at again within the hour.
      log.warn({ file: stem, reason: (error as Error).message }, 'closed log files could not be compressed or deleted');
    }
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#running;
  }
}

// Reads the output of `strace -f -yy` and tells which acknowledgements left before their data was on disk.

export interface TraceFindings {
  /** Writes that were asked for and acknowledged. */
  readonly acknowledged: number;
  /** Syncs of the store that completed. */
  readonly syncs: number;
  /** Acknowledgements that must not have left yet, in words. */
  readonly early: readonly string[];
}

interface Call {
  readonly text: string;
  /** For a sync: how many plain writes it covers, which are those that had ended when it began. */
  readonly covers: number;
}

const REQUEST = /^(?:read|readv|recvfrom|recvmsg)\(\d+<TCP[^\]]*\[([^\]]+)\]>.*"PUT \/v1\/identifiers\//;
const ACKNOWLEDGEMENT = /^(?:write|writev|sendto|sendmsg)\(\d+<TCP[^\]]*\[([^\]]+)\]>.*"HTTP\/1\.1 20[01] /;
const STORE_WRITE = /^(?:write|writev|pwrite64|pwritev|pwritev2)\((\d+)<[^>]*\/data\.mdb>/;
const STORE_SYNC = /^(?:fdatasync|fsync)\(\d+<[^>]*\/data\.mdb>/;
const SYNCED_OPEN = /^openat\([^\n]*\/data\.mdb"[^\n]*\bO_D?SYNC\b[^\n]*\) = (\d+)</;

/**
 * For requests that come one at a time. A commit of LMDB is plain writes of pages, a sync, and a write of the meta page
 * through a descriptor opened with O_DSYNC, which is durable when it returns. An acknowledgement is early unless, since
 * its request was read, such a meta page was written after every page before it had been synced.
 */
export function judgeTrace(trace: string): TraceFindings {
  const early: string[] = [];
  const commitsAtRequest = new Map<string, number>();
  const syncedDescriptors = new Set<string>();
  const seen = { acknowledged: 0, syncs: 0, commits: 0, unsynced: 0 };
  for (const { text, covers } of callsOf(trace, () => seen.unsynced)) {
    const opened = SYNCED_OPEN.exec(text)?.[1];
    if (opened !== undefined) syncedDescriptors.add(opened);
    const asking = REQUEST.exec(text)?.[1];
    if (asking !== undefined) commitsAtRequest.set(asking, seen.commits);
    const written = STORE_WRITE.exec(text)?.[1];
    if (written !== undefined && !syncedDescriptors.has(written)) seen.unsynced++;
    if (written !== undefined && syncedDescriptors.has(written) && seen.unsynced === 0) seen.commits++;
    if (STORE_SYNC.test(text)) {
      seen.syncs++;
      seen.unsynced -= covers;
    }
    const answered = ACKNOWLEDGEMENT.exec(text)?.[1];
    const before = answered === undefined ? undefined : commitsAtRequest.get(answered);
    if (answered === undefined || before === undefined) continue;
    commitsAtRequest.delete(answered);
    seen.acknowledged++;
    if (seen.commits === before) early.push(`no commit was on disk yet: ${text.slice(0, 160)}`);
    else if (seen.unsynced > 0) early.push(`${seen.unsynced} writes were not synced yet: ${text.slice(0, 160)}`);
  }
  return { acknowledged: seen.acknowledged, syncs: seen.syncs, early };
}

/**
 * Calls in the order in which they count: what goes to a client when it begins to leave, everything else when it has
 * ended well. (Threads interleave, so strace breaks a call in two lines: `<unfinished ...>` and `<... resumed>`.)
 */
function* callsOf(trace: string, unsyncedNow: () => number): Generator<Call> {
  const begun = new Map<string, Call>();
  for (const line of trace.split('\n')) {
    const [, thread = '', text = ''] = /^(\d+)\s+(.*)$/.exec(line) ?? [];
    if (text.endsWith('<unfinished ...>')) {
      const call = { text: text.slice(0, -'<unfinished ...>'.length), covers: unsyncedNow() };
      begun.set(thread, call);
      if (ACKNOWLEDGEMENT.test(call.text)) yield call;
      continue;
    }
    if (/ = -1 E[A-Z]+/.test(text)) continue;
    if (!text.startsWith('<... ')) {
      yield { text, covers: unsyncedNow() };
      continue;
    }
    const call = begun.get(thread);
    begun.delete(thread);
    if (call === undefined || ACKNOWLEDGEMENT.test(call.text)) continue;
    yield { text: call.text + text.slice(text.indexOf(' resumed>') + ' resumed>'.length), covers: call.covers };
  }
}

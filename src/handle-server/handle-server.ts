// The Handle protocol's doors: puts their parts together, starts and stops them. What is answered stands in its own file.

import { networkOf } from '../domain/client-network.ts';
import type { Observer } from '../domain/observer.ts';
import type { Homed } from '../domain/prefix.ts';
import { createSample, type ResolutionSampling } from '../logbook/resolution-sample.ts';
import { AuthenticationGuard } from '../registry/authentication-guard.ts';
import type { HandleAdministration } from '../registry/handle-administration.ts';
import type { HandlePrefixes } from '../registry/handle-prefixes.ts';
import type { HandleProofs } from '../registry/handle-proofs.ts';
import { Asker, type Recognise } from '../resolver/asker.ts';
import type { Resolver } from '../resolver/resolver.ts';
import { Administration } from './administration.ts';
import { Answerer } from './answerer.ts';
import { Authentication, type Claimant } from './authentication.ts';
import { CallLog } from './call.ts';
import { Challenges } from './challenges.ts';
import { IdSource, type Randomness } from './id-source.ts';
import type { Client } from './outcome.ts';
import { Resolution } from './resolution.ts';
import { type NodeSite, Responses } from './responses.ts';
import { Sessions } from './sessions.ts';
import type { HandleLog, Peers } from './surroundings.ts';
import { TcpDoor } from './tcp-door.ts';
import { UdpDoor } from './udp-door.ts';

export interface HandleServerOptions {
  readonly host: string;
  /** Of TCP and UDP; 0 for any free one. */
  readonly port: number;
  readonly reusePort: boolean;
  readonly resolver: Resolver;
  /** Reads texts of other schemes; null where only handles are asked for. */
  readonly recognise: Recognise | null;
  readonly homed: Homed;
  readonly handleRecords: HandleAdministration;
  readonly handlePrefixes: HandlePrefixes;
  readonly handleProofs: HandleProofs;
  readonly site: NodeSite;
  readonly clock: () => number;
  readonly observer: Observer;
  readonly log: HandleLog;
  readonly newRequestId: () => string;
  readonly sampling: ResolutionSampling;
  readonly random: Randomness;
  readonly peers: Peers | null;
  readonly limits: {
    readonly connections: number;
    readonly inFlight: number;
    readonly idleTimeoutMs: number;
    readonly messageTimeoutMs: number;
    /** For each client network; 0 for no limit. */
    readonly missesPerSecond: number;
    readonly missBurst: number;
    readonly tripsPerSecond: number;
    readonly tripBurst: number;
  };
}

export interface HandleServer {
  readonly address: { readonly host: string; readonly port: number };
  /** Answers for another thread, whose client has shown an id of this one. */
  readonly answerer: Pick<Answerer, 'answer'>;
  /** Refuses new connections, finishes what is in flight within a bounded time. A second call waits for the first. */
  close(): Promise<void>;
}

/** Resolves when the ports are open. */
export async function startHandleServer(options: HandleServerOptions): Promise<HandleServer> {
  const { host, port, reusePort, clock, observer, limits } = options;
  const answerer = createAnswerer(options);
  const tcp = new TcpDoor({ answerer, clock, observer, ...limits });
  const udp = new UdpDoor({ answerer, clock, observer });
  let closing: Promise<void> | null = null;
  const close = (): Promise<void> => {
    closing ??= Promise.all([tcp.close(), udp.close()]).then(() => {});
    return closing;
  };
  try {
    const listening = await tcp.listen({ host, port, reusePort });
    await udp.listen({ host, port: listening, reusePort });
    return { address: { host, port: listening }, answerer, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function createAnswerer(options: HandleServerOptions): Answerer {
  const { homed, clock, observer, handleRecords, handlePrefixes, handleProofs: proofs, site, peers, limits } = options;
  const networkOfClient = (client: Client): string => networkOf(client.address);
  const asker = new Asker<Client>({ ...options, networkOf: networkOfClient });
  const ids = new IdSource(options.random, peers?.thread ?? null);
  return new Answerer({
    resolution: new Resolution({ asker, handleRecords, homed }),
    administration: new Administration({ parse: (text) => asker.parse(text), homed, handleRecords, handlePrefixes }),
    authentication: new Authentication({
      challenges: new Challenges(ids, clock),
      sessions: new Sessions({ ids, clock }),
      proofs,
      guard: new AuthenticationGuard({ networkOf: ({ network }: Claimant) => network, clock, observer }),
    }),
    responses: new Responses(site, clock, observer),
    site,
    observer,
    log: new CallLog({ ...options, sample: createSample(options.sampling) }),
    peers,
    inFlight: limits.inFlight,
  });
}

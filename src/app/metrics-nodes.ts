// The metrics of nodes that share a PostgreSQL: a part of the table in metrics.ts.

const sum = { from: 'sum', labels: {} } as const;
const thread = { from: 'thread', labels: {} } as const;

const CONNECTION_STATES = ['busy', 'idle'] as const;

export const NODE_METRICS = {
  noticesDown: {
    ...sum,
    name: 'jiabiao_notices_down',
    type: 'gauge',
    help: '1 while this node does not hear what other nodes of its store change; what it remembers is read again every 25 s.',
  },
  importsApart: {
    ...sum,
    name: 'jiabiao_imports_apart',
    type: 'gauge',
    help: '1 while imports.directory of this node is not the one that the leading node works in, so that imports handed in here wait.',
  },
  storeShared: {
    ...sum,
    name: 'jiabiao_store_shared',
    type: 'gauge',
    help: '1 if the store of this node is a PostgreSQL that others may share.',
  },
  leads: {
    ...sum,
    name: 'jiabiao_leads',
    type: 'gauge',
    help: '1 at the node that runs the jobs of all nodes of its store.',
  },
  replicaLag: {
    ...thread,
    name: 'jiabiao_replica_lag_seconds',
    type: 'gauge',
    help: 'How far behind the replica is at most that is furthest behind, by thread that reads from it; -1 if it cannot be told, 0 without replicas.',
  },
  storeConnections: {
    ...sum,
    name: 'jiabiao_store_connections',
    type: 'gauge',
    help: 'Connections of this node to its PostgreSQL, by what they are doing.',
    labels: { state: CONNECTION_STATES },
  },
  storeWaiting: {
    ...sum,
    name: 'jiabiao_store_waiting',
    type: 'gauge',
    help: 'Questions of this node that wait for a connection to PostgreSQL.',
  },
  sequences: {
    ...sum,
    name: 'jiabiao_sequences',
    type: 'gauge',
    help: '1 at the node that orders the change log of all nodes of its store.',
  },
} as const;

// What a step of the database's layout is. Steps are never changed once they have been released: a new one is added.

export interface Migration {
  /** Steps are taken in this order, each once. */
  readonly version: number;
  /** The oldest layout a node may have been written for and still work after this step. */
  readonly compatibleFrom: number;
  /** Plain SQL, run in one transaction. `partitions`: into how many parts large tables are divided; 0 for none. */
  readonly statements: (partitions: number) => readonly string[];
}

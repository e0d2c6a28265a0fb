// The PostgreSQL store keeps the contract of stores.

import { describeStore } from './contract.ts';
import { openPostgres } from './postgres-world.ts';

describeStore('the PostgreSQL store', openPostgres);

// Entry of the thread that checks SM2 signatures. All it does itself is what must happen before anything else is loaded.

import { type MessagePort, workerData } from 'node:worker_threads';
import { rememberCompiledCode } from './compile-cache.ts';

rememberCompiledCode();
const { serveSm2Checks } = await import('../registry/sm2-checks.ts');
await serveSm2Checks(workerData as MessagePort);

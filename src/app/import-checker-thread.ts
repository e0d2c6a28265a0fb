// The thread that helps to check a file: checks what it is sent until its port is closed.

import { workerData } from 'node:worker_threads';
import { serveChecks } from '../imports/second-checker.ts';
import type { CheckerBirth } from './import-checker.ts';
import { givePrecedence } from './precedence.ts';

givePrecedence();
const { start, port } = workerData as CheckerBirth;
serveChecks(port, start);

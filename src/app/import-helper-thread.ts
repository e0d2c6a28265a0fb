// The thread that helps to check a file: checks what it is sent until its port is closed.

import { workerData } from 'node:worker_threads';
import { serveChecks } from '../imports/check-helper.ts';
import type { HelperBirth } from './import-helper.ts';
import { givePrecedence } from './precedence.ts';

givePrecedence();
const { start, port } = workerData as HelperBirth;
serveChecks(port, start);

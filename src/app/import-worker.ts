// Entry of the thread that runs import jobs. All it does itself is what must happen before anything else is loaded.

import { rememberCompiledCode } from './compile-cache.ts';

rememberCompiledCode();
await import('./import-thread.ts');

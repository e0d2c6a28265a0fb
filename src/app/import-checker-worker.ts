// Entry of the thread that helps to check a file. All it does itself is what must happen before anything else is loaded.

import { rememberCompiledCode } from './compile-cache.ts';

rememberCompiledCode();
await import('./import-checker-thread.ts');

// Entry of a worker thread. All it does itself is what must happen before anything else is loaded.

import { rememberCompiledCode } from './compile-cache.ts';
import { keepTickShape } from './tick-shape.ts';

keepTickShape();
rememberCompiledCode();
await import('./worker-thread.ts');

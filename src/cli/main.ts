#!/usr/bin/env node
// Entry of the command line. The one place that ends the process.

import { rememberCompiledCode } from '../app/compile-cache.ts';

rememberCompiledCode();
const { runCommandLine } = await import('./program.ts');
const { systemTerminal } = await import('./terminal.ts');
process.exitCode = await runCommandLine(process.argv.slice(2), systemTerminal());

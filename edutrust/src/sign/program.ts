#!/usr/bin/env node
import { addSignCommand } from '../commands/sign.ts';
import { programOf, runProgram } from '../program.ts';

/** What a school installs: the command `edutrust` with `sign` and nothing else (`npm run pack:sign`). */
await runProgram(process.argv, async (json, locale) => programOf(json, locale, [addSignCommand]));

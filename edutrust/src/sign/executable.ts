import './carried.ts'; // before koffi looks for its compiled part
import { addSignCommand } from '../commands/sign.ts';
import { programOf, runProgram } from '../program.ts';

/** `edutrust sign` as one file that carries Node, for a school's computer without it (`npm run pack:executable`). */
void runProgram([process.execPath, 'edutrust', ...process.argv.slice(2)], async (json, locale) =>
  programOf(json, locale, [addSignCommand]),
);

import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { verifyBatchLine } from '@edutrust/certs/batch';
import type { Program } from './command.ts';

export function addCertsCommands(program: Program): void {
  const certs = program.command.command('certs').description('certificates');
  certs
    .command('verify')
    .description('validate certification paths (RFC 5280 §6)')
    .requiredOption('--batch', 'read one JSON object a line, write one verdict a line')
    .argument('[file]', 'instead of standard input')
    .addHelpText('after', '\nExample: edutrust certs verify --batch < paths.jsonl')
    .action(async (file: string | undefined) => {
      const input = file ? createReadStream(file) : process.stdin;
      for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
        if (line.trim() === '') continue;
        if (!process.stdout.write(`${verifyBatchLine(line)}\n`)) await once(process.stdout, 'drain');
      }
    });
}

import { InvalidInput } from '@edutrust/platform/errors';
import { formatEducationId, parseEducationId } from '@edutrust/registry/education-id';
import type { Program } from './command.ts';

export function addIdsCommands(program: Program): void {
  const ids = program.command.command('ids').description('education IDs');
  ids
    .command('check')
    .argument('<id...>', 'ten digits, with or without spaces')
    .description('whether the text is a well-formed education ID')
    .addHelpText('after', "\nExample: edutrust ids check '790 123 456 8'")
    .action((words: string[]) => {
      const output = program.output();
      // Unquoted groups arrive as words of their own.
      const texts = words.every((word) => /^\d{1,4}$/.test(word)) ? [words.join(' ')] : words;
      for (const text of texts) {
        try {
          const id = formatEducationId(parseEducationId(text));
          output.result(
            { id: text, valid: true },
            { vi: `${id}: đúng dạng mã giáo dục.`, en: `${id}: a well-formed education ID.` },
          );
        } catch (error) {
          if (!(error instanceof InvalidInput)) throw error;
          output.result(
            { id: text, valid: false, reason: error.code },
            { vi: `${text}: ${error.detail.vi}`, en: `${text}: ${error.detail.en}` },
          );
          process.exitCode = 1;
        }
      }
    });
}

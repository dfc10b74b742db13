import { type EvidenceVerdict, listDecided, verifyApproval } from '@edutrust/registry/approvals';
import { type Program, withContext } from './command.ts';

export function addApprovalCommands(program: Program): void {
  program.command
    .command('approvals')
    .description('acts that take two people')
    .command('verify')
    .argument('[id]', 'one approval; every decided one without it')
    .description('check the kept proofs anew: digest, both people, both passkeys, and what the log says')
    .addHelpText('after', '\nExample: edutrust approvals verify 0199c1b2-…')
    .action(async (id: string | undefined) => {
      const output = program.output();
      await withContext(program, async (context) => {
        while ((await context.ledger.integrate()) > 0);
        for (const one of id ? [id] : await listDecided(context.db)) {
          const verdict = await verifyApproval(context, one);
          const wrong = wrongOf(verdict);
          output.result(verdict, {
            vi: `${verdict.isValid ? '✓' : '✗'} ${one} ${verdict.kind} … ${verdict.code}${wrong && ` KHÔNG ĐÚNG: ${wrong}`}`,
            en: `${verdict.isValid ? '✓' : '✗'} ${one} ${verdict.kind} … ${verdict.code}${wrong && ` WRONG: ${wrong}`}`,
          });
          if (!verdict.isValid) process.exitCode = 1;
        }
      });
    });
}

const wrongOf = ({ checks }: EvidenceVerdict): string =>
  checks
    .filter(({ isRight }) => !isRight)
    .map(({ check }) => check)
    .join(', ');

import { listSigningKeys, rotateSigningKeys } from '@edutrust/idp/keys';
import { operator, type Program, withContext } from './command.ts';

const states = {
  published: { vi: 'đã công bố, chưa ký', en: 'published, does not sign yet' },
  signing: { vi: 'đang ký', en: 'signing' },
  retiring: { vi: 'chỉ còn để kiểm tra', en: 'for checking only' },
  retired: { vi: 'đã bỏ', en: 'retired' },
} as const;

export function addKeysCommands(program: Program): void {
  const keys = program.command.command('keys').description('the keys that sign ID tokens');
  keys
    .command('list')
    .description('every key, newest first, and what it does now')
    .addHelpText('after', '\nExample: edutrust keys list')
    .action(async () => {
      const output = program.output();
      await withContext(program, async (context) => {
        for (const key of await listSigningKeys(context)) {
          const from = key.activatesAt.toISOString();
          const until = key.retiresAt?.toISOString() ?? '—';
          output.result(key, `${key.kid}  ${from} → ${until}  ${states[key.state][output.locale]}`);
        }
      });
    });
  keys
    .command('rotate')
    .description('publish a new key now, sign with it in an hour, forget the old ones a day later')
    .option('--compromised', 'the old keys leaked: sign with the new one at once and believe nothing that they signed')
    .addHelpText('after', '\nExample: edutrust keys rotate')
    .action(async ({ compromised = false }: { compromised?: boolean }) => {
      const output = program.output();
      await withContext(program, async (context) => {
        const kid = await rotateSigningKeys(context, operator(), { compromised });
        output.result(
          { kid, compromised },
          compromised
            ? {
                vi: `Khoá ${kid} ký ngay bây giờ; các khoá cũ không còn giá trị.`,
                en: `The key ${kid} signs from now on; the old keys are no longer trusted.`,
              }
            : {
                vi: `Khoá ${kid} đã được công bố và bắt đầu ký sau một giờ.`,
                en: `The key ${kid} is published and signs in an hour.`,
              },
        );
      });
    });
}

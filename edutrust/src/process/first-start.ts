import { ensureAuthorities } from '@edutrust/certs/authority';
import { createFirstLink } from '@edutrust/idp/accounts';
import { seedDemo as seedAccounts } from '@edutrust/idp/demo';
import type { Config } from '@edutrust/platform/config';
import { mayHoldDemo, seedDemo as seedCity } from '@edutrust/registry/demo';
import { isUnfounded } from '@edutrust/registry/setup';
import { seedDemo as seedSigning } from '@edutrust/signing-service/demo';
import type { Output } from '../output.ts';
import type { OpenContext } from './context.ts';

/** What the first start shows once: addresses and codes that work only until they are used. */
export interface Welcome {
  readonly administratorLink: string | undefined;
  readonly officerLink: string | undefined;
  readonly people: readonly {
    readonly role: string;
    readonly name: string;
    readonly educationId: string;
    readonly code: string;
  }[];
}

/** Makes the authorities, and on a new embedded database the demo city; idempotent, so a killed start goes on. */
export async function prepareFirstStart(context: OpenContext, output: Output): Promise<Welcome> {
  if ((await ensureAuthorities(context)) && context.config.databaseUrl) {
    output.say({
      vi: 'Lưu ý: khoá CA gốc vừa được tạo trên máy chủ này. Khi dùng thật, hãy làm lễ tạo khoá (docs/certificates.md).',
      en: 'Note: the root key was made on this server just now. For production hold a ceremony (docs/certificates.md).',
    });
  }
  if (context.config.seedsDemo && (await mayHoldDemo(context.db))) return seedDemoCity(context, output);
  if (await isUnfounded(context.db)) {
    output.say({
      vi: 'Chưa có quản trị viên. Chạy: edutrust setup --department "Tên Sở" --administrator "Họ và tên" --officer "Họ và tên"',
      en: 'Nobody administers this yet. Run: edutrust setup --department NAME --administrator NAME --officer NAME',
    });
  }
  return { administratorLink: undefined, officerLink: undefined, people: [] };
}

/** `edutrust seed demo`: the city, its accounts and apps, its transcripts. */
export async function seedDemoCity(context: OpenContext, output: Output): Promise<Welcome> {
  output.say({ vi: 'Chuẩn bị thành phố mẫu…', en: 'Preparing the demo city…' });
  const city = await seedCity(context);
  const people = await seedAccounts(context, city);
  await seedSigning(context, city);
  const linkFor = (personId: string) =>
    context.db.transaction().execute((transaction) => createFirstLink(transaction, context, personId));
  const administratorLink = await linkFor(city.people.administrator);
  const officerLink = await linkFor(city.people.securityOfficer);
  return { administratorLink, officerLink, people };
}

export function greet(config: Config, output: Output, welcome: Welcome): void {
  if (output.json) {
    output.result({ url: config.url.origin, ...welcome }, '');
    return;
  }
  output.say({
    vi: `\nEduTrust đang chạy tại ${config.url.origin}`,
    en: `\nEduTrust is running at ${config.url.origin}`,
  });
  if (welcome.administratorLink) {
    output.say({
      vi: `\nQuản trị viên đầu tiên: mở đường dẫn này một lần\n  ${welcome.administratorLink}`,
      en: `\nFirst administrator: open this link once\n  ${welcome.administratorLink}`,
    });
  }
  if (welcome.officerLink) {
    output.say({
      vi: `\nCán bộ an toàn thông tin, người thứ hai của Sở: mở đường dẫn này một lần\n  ${welcome.officerLink}`,
      en: `\nSecurity officer, the department's second person: open this link once\n  ${welcome.officerLink}`,
    });
  }
  if (welcome.people.length > 0) {
    output.say({
      vi: `\nNgười dùng mẫu: kích hoạt tại ${config.url.origin}/activate`,
      en: `\nDemo people: activate at ${config.url.origin}/activate`,
    });
    for (const { role, name, educationId, code } of welcome.people) {
      output.say(`  ${role.padEnd(22)} ${educationId}   ${code}   ${name}`);
    }
  }
  output.say({ vi: '\nCtrl-C để dừng.\n', en: '\nCtrl-C stops it.\n' });
}

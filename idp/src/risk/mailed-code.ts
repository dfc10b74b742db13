import { createHmac, randomInt, timingSafeEqual } from 'node:crypto';
import type { ServiceContext } from '@edutrust/platform/context';
import { InvalidInput } from '@edutrust/platform/errors';
import { addressOf } from '@edutrust/registry/people';

const digits = 8;
/** Mails to one person in an hour: whoever has the password must not fill the mailbox of its owner. */
const mostMails = 5;
/** Wrong codes of one mail (R6). */
const mostTries = 5;
const hourSeconds = 3600;

type Tools = Pick<ServiceContext, 'db' | 'store' | 'secrets' | 'mailer'>;

const hashOf = ({ secrets }: Pick<Tools, 'secrets'>, uid: string, code: string) =>
  createHmac('sha256', secrets.derive('idp/mailed-code/v1')).update(`${uid}\0${code}`).digest('base64url');

/**
 * Mails a code to the address on record of somebody who has neither passkey nor authenticator app; gives what it is
 * known by. It says that the mailbox is theirs, and proves no second factor to an app (SP 800-63B-4 §3.1.3.1). Undefined
 * where no address is known or too many were sent.
 */
export async function mailCode(tools: Tools, uid: string, personId: string): Promise<string | undefined> {
  const email = await addressOf(tools.db, personId);
  if (!email) return undefined;
  if ((await tools.store.increment(`idp:mailed-codes:${personId}`, hourSeconds)) > mostMails) return undefined;
  const code = String(randomInt(10 ** digits)).padStart(digits, '0');
  const shown = `${code.slice(0, 4)} ${code.slice(4)}`;
  await tools.db.transaction().execute((transaction) =>
    tools.mailer.send(transaction, {
      to: email,
      subject: { vi: 'Mã để đăng nhập', en: 'Code to sign in' },
      body: {
        vi: `${shown}\n\nGõ mã này ở trang đăng nhập, trong năm phút. Không ai của nhà trường hỏi mã này.\n\nNếu không phải anh/chị đang đăng nhập thì có người biết mật khẩu của anh/chị: hãy đổi mật khẩu.`,
        en: `${shown}\n\nType it on the sign-in page within five minutes. Nobody of the school asks for it.\n\nIf you are not signing in, somebody knows your password: change it.`,
      },
    }),
  );
  return hashOf(tools, uid, code);
}

/** @throws InvalidInput `second-factor/wrong-code`, also after too many tries */
export async function proveMailedCode(
  tools: Pick<Tools, 'store' | 'secrets'>,
  uid: string,
  known: string,
  typed: string,
): Promise<void> {
  const tries = await tools.store.increment(`idp:mailed-code-tries:${uid}`, hourSeconds);
  const code = typed.normalize('NFKC').replaceAll(/[\s-]/g, '');
  const isRight = timingSafeEqual(Buffer.from(hashOf(tools, uid, code)), Buffer.from(known));
  if (isRight && tries <= mostTries) return;
  const detail = { vi: 'Mã không đúng.', en: 'The code is wrong.' };
  throw new InvalidInput('second-factor/wrong-code', detail, {
    fields: [{ pointer: '/code', detail }],
    remedy: {
      vi: 'Gõ mã trong thư mới nhất. Sai năm lần thì đăng nhập lại từ đầu.',
      en: 'Type the code of the newest mail. After five wrong ones begin the sign-in again.',
    },
  });
}

import { sql } from 'kysely';
import type { Config } from '../config/config.ts';
import type { Database, Transaction } from '../database/database.ts';
import { uuidv7 } from '../ids.ts';
import type { Jobs, TaskHandlers } from '../jobs/jobs.ts';
import type { Text } from '../messages/messages.ts';

export interface Mail {
  readonly to: string;
  readonly subject: Text;
  /** Plain text, both languages: Vietnamese first. */
  readonly body: Text;
}

/** Mail leaves through the jobs: it is sent exactly when the effect that causes it is kept. */
export interface Mailer {
  send(transaction: Transaction, mail: Mail): Promise<void>;
}

export interface KeptMail extends Mail {
  readonly id: string;
  readonly queuedAt: Date;
  /** Null until a mail server took it; for ever on a demo without one. */
  readonly sentAt: Date | null;
}

const sendTask = 'mail.send';

export function createMailer(config: Pick<Config, 'smtpUrl'>, jobs: Jobs): Mailer {
  return {
    send: async (transaction, { to, subject, body }) => {
      const id = uuidv7();
      await sql`
        INSERT INTO platform.mail (id, recipient, subject, body)
        VALUES (${id}, ${to}, ${JSON.stringify(subject)}, ${JSON.stringify(body)})`.execute(transaction);
      if (config.smtpUrl) await jobs.enqueue(transaction, sendTask, { id });
    },
  };
}

/** The task that hands mail to the configured server; none without one. */
export async function mailTasks(config: Pick<Config, 'smtpUrl' | 'mailFrom'>, db: Database): Promise<TaskHandlers> {
  if (!config.smtpUrl) return {};
  const { createTransport } = await import('nodemailer');
  const transport = createTransport(config.smtpUrl.href, { from: config.mailFrom });
  return {
    [sendTask]: async ({ id }) => {
      const mail = (await readMail(db, sql`WHERE id = ${String(id)} AND sent_at IS NULL`))[0];
      if (!mail) return; // already sent: a job runs at least once
      await transport.sendMail({
        to: mail.to,
        subject: `${mail.subject.vi} · ${mail.subject.en}`,
        text: `${mail.body.vi}\n\n—\n\n${mail.body.en}\n`,
        messageId: `<${mail.id}@edutrust>`, // the same on a retry, so that a receiver can drop the double
      });
      await sql`UPDATE platform.mail SET sent_at = now() WHERE id = ${mail.id}`.execute(db);
    },
  };
}

/** The newest mails, for the demo's outbox page. */
export async function listMail(db: Database, limit: number): Promise<KeptMail[]> {
  return readMail(db, sql`ORDER BY id DESC LIMIT ${limit}`);
}

async function readMail(db: Database, which: ReturnType<typeof sql>): Promise<KeptMail[]> {
  const { rows } = await sql<KeptMail>`
    SELECT id, recipient AS "to", subject, body, queued_at AS "queuedAt", sent_at AS "sentAt" FROM platform.mail ${which}`.execute(
    db,
  );
  return rows;
}

/** Mail to these addresses goes, and these texts are taken out of any other (N4); gives how many mails. */
export async function eraseFromMail(
  transaction: Transaction,
  { addresses, texts }: { readonly addresses: readonly string[]; readonly texts: readonly string[] },
): Promise<number> {
  const gone = await sql`
    DELETE FROM platform.mail WHERE lower(recipient) = ANY(${addresses.map((address) => address.toLowerCase())}::text[])`.execute(
    transaction,
  );
  let count = Number(gone.numAffectedRows ?? 0n);
  for (const text of texts) {
    const inJson = JSON.stringify(text).slice(1, -1);
    const changed = await sql`
      UPDATE platform.mail SET subject = replace(subject::text, ${inJson}, '…')::jsonb, body = replace(body::text, ${inJson}, '…')::jsonb
      WHERE position(${inJson} IN subject::text || body::text) > 0`.execute(transaction);
    count += Number(changed.numAffectedRows ?? 0n);
  }
  return count;
}

import type { ServiceContext } from '@edutrust/platform/context';
import type { Database, Transaction } from '@edutrust/platform/database';
import { uuidv7 } from '@edutrust/platform/ids';
import { createJobs, payloadText, type TaskHandlers } from '@edutrust/platform/jobs';
import { sql } from 'kysely';
import { type NoticeData, type NoticeKind, type NoticeSentences, sentencesOf } from './sentences.ts';
import { isUndoable, undoPath } from './undo.ts';

export { type NoticeData, type NoticeKind, noticeKinds } from './sentences.ts';
export {
  isUndoKey,
  type UndoableNotice,
  type undoableKinds,
  undoableNotices,
  undoHours,
  undoPath,
} from './undo.ts';

/** What a person is told. `data` holds the words that the kind's sentence shows; they stay with the person, not in the ledger. */
export interface NewNotice {
  readonly personId: string;
  readonly kind: NoticeKind;
  readonly data?: NoticeData;
  /** Mailed there instead of to the person's address: where somebody was reached until now. */
  readonly address?: string;
  /** By which something else is to name it. */
  readonly id?: string;
}

export interface Notice extends NoticeSentences {
  readonly id: string;
  readonly at: Date;
  readonly kind: string;
}

const mailTask = 'registry.mail-notice';
const jobs = createJobs();

/**
 * Tells people something that concerns their account: an entry on the account page and, where an address is known, a
 * mail. In the transaction of its effect, so that a person is told exactly when it happened.
 */
export async function notify(transaction: Transaction, ...notices: readonly NewNotice[]): Promise<void> {
  for (const { personId, kind, data = {}, address = null, id = uuidv7() } of notices) {
    const { rows } = await sql<{ has_address: boolean }>`
      INSERT INTO registry.notice (id, person_id, kind, data, address)
      SELECT ${id}, p.id, ${kind}, ${JSON.stringify(data)}, ${address} FROM registry.person AS p WHERE p.id = ${personId}
      RETURNING address IS NOT NULL OR EXISTS (
        SELECT FROM registry.person WHERE id = ${personId} AND email IS NOT NULL) AS has_address`.execute(transaction);
    if (rows[0]?.has_address) await jobs.enqueue(transaction, mailTask, { id });
  }
}

/** What a person was told, newest first. */
export async function listNotices(db: Database, personId: string, limit = 50): Promise<Notice[]> {
  const { rows } = await sql<{ id: string; at: Date; kind: string; data: NoticeData }>`
    SELECT id, at, kind, data FROM registry.notice WHERE person_id = ${personId} ORDER BY id DESC LIMIT ${limit}`.execute(
    db,
  );
  return rows.flatMap(({ id, at, kind, data }) => {
    const sentences = sentencesOf(kind, data);
    return sentences ? [{ id, at, kind, ...sentences }] : [];
  });
}

/**
 * Sends a notice to its own address, else to the person's as it is now: once, also when the job runs twice. What can be
 * taken back has the one link that does, in place of the account page: who reads it may not be let in any more.
 */
export function noticeTasks({
  config,
  db,
  mailer,
  secrets,
}: Pick<ServiceContext, 'config' | 'db' | 'mailer' | 'secrets'>): TaskHandlers {
  const linkOf = (id: string, kind: string) =>
    isUndoable(kind)
      ? {
          vi: `Không phải tôi: ${new URL(undoPath(secrets, id), config.url).href}`,
          en: `Not me: ${new URL(undoPath(secrets, id), config.url).href}`,
        }
      : { vi: new URL('/account', config.url).href, en: new URL('/account', config.url).href };
  return {
    [mailTask]: (payload) =>
      db.transaction().execute(async (transaction) => {
        const { rows } = await sql<{ id: string; email: string; kind: string; data: NoticeData }>`
          UPDATE registry.notice AS n SET mailed_at = now() FROM registry.person AS p
          WHERE n.id = ${payloadText(payload, 'id')} AND n.mailed_at IS NULL AND p.id = n.person_id
            AND coalesce(n.address, p.email) IS NOT NULL
          RETURNING n.id, coalesce(n.address, p.email) AS email, n.kind, n.data`.execute(transaction);
        const notice = rows[0];
        const sentences = notice && sentencesOf(notice.kind, notice.data);
        if (!sentences) return; // mailed before, or the address is gone
        const link = linkOf(notice.id, notice.kind);
        const body = (language: 'vi' | 'en') =>
          `${sentences.title[language]}\n\n${sentences.remedy[language]}\n\n${link[language]}`;
        await mailer.send(transaction, {
          to: notice.email,
          subject: sentences.title,
          body: { vi: body('vi'), en: body('en') },
        });
      }),
  };
}

import { attestText, isAttestedText } from '@edutrust/platform/attestation';
import type { Database, Transaction } from '@edutrust/platform/database';
import { isUuid } from '@edutrust/platform/ids';
import type { SecretBox } from '@edutrust/platform/secrets';
import { sql } from 'kysely';
import { type NoticeData, type NoticeKind, type NoticeSentences, sentencesOf } from './sentences.ts';

/** For how long what a notice tells of can be taken back. */
export const undoHours = 24;

/** What becomes of how a person signs in, or of where their notices go. */
export const undoableKinds = [
  'passkey.added',
  'passkey.removed',
  'password.changed',
  'second-factor.added',
  'second-factor.removed',
  'recovery-code.used',
  'upstream.linked',
  'upstream.unlinked',
  'email.changed',
] as const satisfies readonly NoticeKind[];

export const isUndoable = (kind: string): boolean => undoableKinds.some((undoable) => undoable === kind);

/** A notice of something that can still be taken back. */
export interface UndoableNotice extends NoticeSentences {
  readonly id: string;
  readonly personId: string;
  readonly kind: string;
  readonly at: Date;
}

const purpose = 'registry.notice.undo';
type Keys = Pick<SecretBox, 'derive'>;

/** Where «not me» leads for a notice. Its key stands in no table: who copies the database can press nothing. */
export function undoPath(secrets: Keys, noticeId: string): string {
  return `/not-me?notice=${noticeId}&key=${attestText(secrets, purpose, noticeId).toString('base64url')}`;
}

/** Whether the key is the one that was mailed with the notice. */
export function isUndoKey(secrets: Keys, noticeId: string, key: string): boolean {
  return isAttestedText(secrets, purpose, noticeId, Buffer.from(key, 'base64url'));
}

/** The notices of what can still be taken back, the newest first: one by its id, or a person's. */
export async function undoableNotices(
  db: Database | Transaction,
  which: { readonly id: string } | { readonly personId: string },
  now: Date,
): Promise<UndoableNotice[]> {
  if ('id' in which && !isUuid(which.id)) return [];
  const where = 'id' in which ? sql`id = ${which.id}` : sql`person_id = ${which.personId}`;
  const { rows } = await sql<{ id: string; personId: string; kind: string; at: Date; data: NoticeData }>`
    SELECT id, person_id AS "personId", kind, at, data FROM registry.notice
    WHERE ${where} AND kind = ANY(${[...undoableKinds]}::text[])
      AND at > ${new Date(now.getTime() - undoHours * 3_600_000)} ORDER BY id DESC LIMIT 50`.execute(db);
  return rows.flatMap(({ data, ...notice }) => {
    const sentences = sentencesOf(notice.kind, data);
    return sentences ? [{ ...notice, ...sentences }] : [];
  });
}

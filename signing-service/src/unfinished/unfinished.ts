import type { Alarm } from '@edutrust/platform/alarms';
import type { ServiceContext } from '@edutrust/platform/context';
import { sql } from 'kysely';
import { completeSession } from '../activation/complete.ts';
import { leaseMs } from '../activation/lease.ts';
import { issueFor, revokeCertificateOf } from '../enrolment/certificate.ts';

/** The task that takes up what should have gone on by itself and did not (J3). */
export const resumeTask = 'signing.resume-unfinished';

/** Longer than a request or its job needs; what is older was left. */
const leftAfterMs = 60_000;
/** Taken up several times by then, and still not there. */
const alarmAfterMs = 5 * 60_000;

interface Unfinished {
  /** Sessions that a signer confirmed and nobody completes. */
  readonly sessions: readonly string[];
  /** Enrolments that were approved and have no certificate. */
  readonly approved: readonly string[];
  /** Enrolments that were revoked and whose key still has a valid certificate. */
  readonly revoked: readonly string[];
}

async function findUnfinished({ db, clock }: ServiceContext, olderThanMs: number): Promise<Unfinished> {
  const now = clock.now();
  const before = new Date(now.getTime() - olderThanMs);
  const leaseEnd = new Date(now.getTime() + leaseMs);
  const { rows } = await sql<{ kind: keyof Unfinished; id: string }>`
    SELECT 'sessions' AS kind, id FROM signing.session
      -- or confirmed in the future, by a clock that was wrong
      WHERE state = 'authorised' AND authorised_at NOT BETWEEN ${before} AND ${now}
        AND (lease_until IS NULL OR lease_until NOT BETWEEN ${now} AND ${leaseEnd})
    UNION ALL
    SELECT 'approved', id FROM signing.enrolment WHERE state = 'ready' AND decided_at < ${before}
    UNION ALL
    SELECT 'revoked', e.id FROM signing.enrolment AS e
      WHERE e.state = 'revoked' AND e.ended_at < ${before} AND EXISTS (
        SELECT FROM certs.certificate AS c WHERE c.public_key_sha256 = sha256(e.public_key_spki)
          AND c.state = 'issued' AND c.not_after > ${now}
          AND (c.revoked_at IS NULL OR c.revocation_reason = 'certificateHold'))
    ORDER BY 2 LIMIT 1000`.execute(db);
  const of = (kind: keyof Unfinished) => rows.filter((row) => row.kind === kind).map(({ id }) => id);
  return { sessions: of('sessions'), approved: of('approved'), revoked: of('revoked') };
}

/**
 * Goes on with what a process left that died, or that failed while something else was away. Each is idempotent, and one
 * that fails again holds up none of the others.
 */
export async function resumeUnfinished(context: ServiceContext): Promise<void> {
  const { sessions, approved, revoked } = await findUnfinished(context, leftAfterMs);
  const goOn = async (what: string, ids: readonly string[], step: (id: string) => Promise<unknown>) => {
    for (const id of ids)
      await step(id).catch((error: unknown) => context.log.error({ err: error, [what]: id }, 'resuming; tried again'));
  };
  await goOn('session', sessions, (id) => completeSession(context, id));
  await goOn('enrolment', approved, (id) => issueFor(context, id));
  await goOn('enrolment', revoked, (id) => revokeCertificateOf(context, id));
}

/** What was taken up and is not finished even so. */
export async function findAlarms(context: ServiceContext): Promise<Alarm[]> {
  const { sessions, approved, revoked } = await findUnfinished(context, alarmAfterMs);
  const alarms: [string, readonly string[], (count: number) => Alarm['sentence']][] = [
    [
      'signature-stuck',
      sessions,
      (count) => ({
        vi: `${count} lần ký đã được xác nhận trên điện thoại mà chưa hoàn tất. Kiểm tra dấu thời gian, kho khoá và sổ cái; hệ thống tự làm tiếp mỗi phút.`,
        en: `${count} signings were confirmed on the phone and are not complete. Check time stamps, key store and ledger; it is tried again every minute.`,
      }),
    ],
    [
      'enrolment-stuck',
      approved,
      (count) => ({
        vi: `${count} đăng ký ký số đã được duyệt mà chưa có chứng thư. Kiểm tra kho khoá, và người đó có còn quyền ký không.`,
        en: `${count} approved enrolments have no certificate. Check the key store, and whether the person is still a signer.`,
      }),
    ],
    [
      'revocation-stuck',
      revoked,
      (count) => ({
        vi: `${count} đăng ký ký số đã thu hồi mà chứng thư VẪN CÒN HIỆU LỰC. Thu hồi chứng thư trong bảng điều khiển, rồi xem nhật ký.`,
        en: `${count} revoked enrolments have a certificate that is STILL VALID. Revoke it in the console, then look at the log.`,
      }),
    ],
  ];
  return alarms
    .filter(([, ids]) => ids.length > 0)
    .map(([code, ids, sentence]) => ({ code, about: '', sentence: sentence(ids.length) }));
}

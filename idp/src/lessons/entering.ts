import type { ServiceContext } from '@edutrust/platform/context';
import { Forbidden, InvalidInput } from '@edutrust/platform/errors';
import { sql } from 'kysely';
import type { KoaContextWithOIDC } from 'oidc-provider';
import { isInRoom } from '../badges/rooms.ts';
import { readPrefetched } from '../provider/prefetch.ts';
import { endSessions } from '../sessions/end.ts';
import type { Proof } from '../signin/proof.ts';
import { lessonOfLearner } from './lessons.ts';

/** Where a sign-in belongs to: kept with its session. */
export interface Seat {
  readonly lessonId?: string;
  /** The enrolled computer. */
  readonly roomId?: string;
  /** Of an exam: the clients that open. */
  readonly examApps?: readonly string[];
  /** Of the account now, where taking the seat ended what the person had open. */
  readonly epoch?: string;
}

/**
 * The seat of a pupil who has just proved who they are. At a computer of the school the session belongs to the lesson that
 * the class is in, and ends with it; whoever was left at that computer is signed out, and the apps are told. In an exam a
 * pupil sits at one computer: the later sign-in ends the earlier, also of two at once (the epoch rises with each).
 *
 * @throws InvalidInput `lessons/exam-elsewhere` while the class sits in an exam and the pupil is not at the school
 */
export async function takeSeat(
  context: Pick<ServiceContext, 'db' | 'jobs'>,
  { personId, isPupil, hasLesson, room }: Proof,
  at: { readonly address: string | undefined; readonly uid: string; readonly isConfirming: boolean },
): Promise<Seat> {
  if (!isPupil) return {};
  const { db, jobs } = context;
  const lesson = hasLesson === false ? undefined : await lessonOfLearner(db, personId);
  const isAtSchool =
    room !== undefined ||
    (lesson !== undefined && (await isInRoom(db, personId, { ...at, room: undefined })) !== undefined);
  if (lesson?.kind === 'exam' && !isAtSchool && !at.isConfirming) throw examElsewhere();
  const actor = { kind: 'system', name: 'idp' } as const;
  const seat = {
    ...(room?.id ? { roomId: room.id } : {}),
    ...(lesson && isAtSchool ? { lessonId: lesson.id } : {}),
    ...(lesson?.kind === 'exam' ? { examApps: lesson.apps } : {}),
  };
  if (at.isConfirming) return seat;
  if (room?.id) {
    const { rows } = await sql<{ uid: string }>`SELECT uid FROM idp.session WHERE room_id = ${room.id}`.execute(db);
    if (rows.length > 0)
      await db.transaction().execute(async (transaction) => {
        for (const { uid } of rows) await endSessions(transaction, jobs, { uid }, { actor, reason: 'next-badge' });
      });
  }
  if (lesson?.kind !== 'exam') return seat;
  const epoch = await db.transaction().execute(async (transaction) => {
    await endSessions(transaction, jobs, { personId }, { actor, reason: 'exam' });
    const { rows } = await sql<{ epoch: string }>`
      SELECT epoch FROM idp.account WHERE person_id = ${personId}`.execute(transaction);
    return rows[0]?.epoch;
  });
  return { ...seat, ...(epoch === undefined ? {} : { epoch }) };
}

/** Whether the person of this request sits in an exam that does not name the app. */
export function isClosedByExam({ oidc }: KoaContextWithOIDC, ownClientId: string): boolean {
  const clientId = oidc.client?.clientId;
  if (clientId === undefined || clientId === ownClientId || oidc.session?.accountId === undefined) return false;
  const login = oidc.result?.login as { readonly examApps?: readonly string[] } | undefined;
  const apps = login ? login.examApps : readPrefetched().examApps;
  return apps !== undefined && apps !== null && !apps.includes(clientId);
}

/** What a pupil reads who opens another app in an exam. */
export function closedByExam(): Forbidden {
  return new Forbidden(
    'lessons/exam-app',
    { vi: 'Đang giờ thi: em chỉ mở được ứng dụng của bài thi.', en: 'This is an exam: only its own apps open.' },
    {
      remedy: {
        vi: 'Em về trang ứng dụng để mở bài thi. Xong giờ, các ứng dụng khác lại mở.',
        en: 'Go back to your apps to open the exam. The others open again when it is over.',
      },
    },
  );
}

function examElsewhere(): InvalidInput {
  return new InvalidInput(
    'lessons/exam-elsewhere',
    {
      vi: 'Lớp em đang thi: em chỉ vào được ở máy của trường.',
      en: 'Your class sits in an exam: sign in on the school’s computers only.',
    },
    {
      remedy: {
        vi: 'Hết giờ thi em lại vào được ở mọi nơi. Nếu em không dự thi, em nhờ cô giáo chủ nhiệm.',
        en: 'You can sign in everywhere again when it is over. If you do not sit in it, ask your class teacher.',
      },
    },
  );
}

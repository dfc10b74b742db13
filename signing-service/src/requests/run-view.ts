import type { Database } from '@edutrust/platform/database';
import type { Locale, Text } from '@edutrust/platform/messages';
import { sql } from 'kysely';
import type Type from 'typebox';
import { columnsOf } from '../marks/columns.ts';
import type { RunOutcome } from '../tables.ts';
import { findClassForTranscripts } from './registry.ts';
import { findRun } from './runs.ts';
import type { TranscriptRun } from './schemas.ts';

type RunView = Type.Static<typeof TranscriptRun>;

/** How many columns a sentence names before it only counts. */
const mostNamed = 4;

/** A run as people see it. @throws NotFound */
export async function runView(db: Database, id: string, locale: Locale): Promise<RunView> {
  const run = await findRun(db, id);
  const { grade } = await findClassForTranscripts(db, run.class_id);
  const labels = new Map(columnsOf(grade ?? 0).map(({ key, label }) => [key, label]));
  const { rows } = await sql<{
    outcome: RunOutcome;
    missing: string[] | null;
    person: RunView['skipped'][number]['person'];
  }>`
    SELECT i.outcome, i.missing,
      jsonb_build_object('id', p.id, 'fullName', p.full_name, 'educationId', p.education_id) AS person
    FROM signing.transcript_run_item AS i JOIN registry.person AS p ON p.id = i.person_id
    WHERE i.run_id = ${id} ORDER BY p.id`.execute(db);
  return {
    id,
    classId: run.class_id,
    state: run.state,
    total: run.total,
    made: rows.filter(({ outcome }) => outcome === 'made').length,
    createdAt: run.created_at.toISOString(),
    finishedAt: run.finished_at?.toISOString() ?? null,
    skipped: rows.flatMap(({ outcome, missing, person }) =>
      outcome === 'made' ? [] : [{ person, reason: outcome, detail: sentence(outcome, missing, labels)[locale] }],
    ),
  };
}

function sentence(
  outcome: Exclude<RunOutcome, 'made'>,
  missing: readonly string[] | null,
  labels: ReadonlyMap<string, string>,
): Text {
  if (outcome !== 'incomplete-marks') return sentences[outcome];
  const names = (missing ?? []).map((key) => labels.get(key) ?? key);
  if (names.length === 0) {
    return { vi: 'Chưa đủ điểm các môn lựa chọn.', en: 'Marks of elective subjects are missing.' };
  }
  const shown = names.slice(0, mostNamed).join('; ');
  const more = names.length - mostNamed;
  return {
    vi: `Còn thiếu: ${shown}${more > 0 ? ` và ${more} cột khác` : ''}.`,
    en: `Missing: ${shown}${more > 0 ? ` and ${more} more` : ''}.`,
  };
}

const sentences: Readonly<Record<Exclude<RunOutcome, 'made' | 'incomplete-marks'>, Text>> = {
  exists: {
    vi: 'Đã có học bạ đang chờ ký hoặc đã phát hành.',
    en: 'A transcript is being signed or is issued already.',
  },
  'no-marks': { vi: 'Chưa nhập điểm.', en: 'No marks were entered.' },
  'held-back': {
    vi: 'Rèn luyện trong kì nghỉ hè: chờ kết quả đánh giá lại.',
    en: 'Summer work is still to be judged.',
  },
  'left-class': { vi: 'Không còn học lớp này.', en: 'Has left the class.' },
  failed: {
    vi: 'Giáo viên chủ nhiệm hoặc hiệu trưởng không còn là người ký; hãy trình lại.',
    en: 'The class teacher or the principal is no longer a signer; ask again.',
  },
};

import type { Actor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Transaction } from '@edutrust/platform/database';
import type { Signer } from '@edutrust/registry/permissions';
import type { Signatory } from '../delegations/delegations.ts';
import { completenessOf, isComplete } from '../marks/completeness.ts';
import { type CurrentMarks, currentMarks, lockMarks, type MarkedClass } from '../marks/marks.ts';
import { printedMarks } from '../marks/printed.ts';
import { type RunOutcome, signingOf } from '../tables.ts';
import type { StepRole } from '../templates/order.ts';
import type { SchoolReportData } from '../templates/school-report/data.ts';
import { schoolReportTemplate } from '../templates/school-report/template.ts';
import type { ClassTemplate } from '../templates/template.ts';
import { transcriptTemplate } from '../templates/transcript/template.ts';
import { formatVerificationCode, newVerificationCode } from './code.ts';
import { correctable } from './corrections.ts';
import type { Learner } from './registry.ts';
import { createRequest } from './requests.ts';
import type { NewStep } from './steps.ts';
import { rowsWithTeachers, type SubjectTeacher, teacherSteps } from './subject-teachers.ts';

/** Where transcripts are issued, as it stands before the date (Decree 30/2020/NĐ-CP, annex I). */
const place = 'Thành phố Hồ Chí Minh';
/** What the class's own teacher signs as, whatever the title in the school. */
const classTeacherTitle = 'Giáo viên chủ nhiệm';

/** Of which template a class's documents are made. */
const classTemplates = { transcript: transcriptTemplate, 'school-report': schoolReportTemplate } as const;

/** One learner's transcript or school report within a run. */
export interface TranscriptOrder {
  readonly runId: string;
  readonly template: ClassTemplate;
  readonly marked: MarkedClass;
  readonly classTeacher: Signer;
  readonly principal: Signatory;
  /** Of a school report. */
  readonly subjectTeachers: readonly SubjectTeacher[];
  readonly learner: Learner;
  readonly dueAt: Date | undefined;
  readonly actor: Actor;
}

/**
 * Makes a learner's transcript or school report from the marks as they are and asks for its signatures, or keeps why not; either way once.
 * The marks stay locked from then on: what is signed is what was entered.
 */
export async function makeTranscriptOf(context: ServiceContext, order: TranscriptOrder): Promise<void> {
  const { db } = context;
  const { learner, marked } = order;
  const seen = (await currentMarks(db, marked.id)).get(learner.personId);
  const refusal = (await isWaiting(context, order)) ? { outcome: 'exists' as const } : refusalOf(marked, seen);
  if (refusal || !seen) {
    await db.transaction().execute((transaction) => keep(transaction, order, refusal ?? { outcome: 'no-marks' }));
    return;
  }
  const code = newVerificationCode();
  const now = context.clock.now();
  const template = classTemplates[order.template];
  const which = { kind: template.kind, classId: marked.id, subjectId: learner.personId };
  const earlier = await correctable(db, which);
  const fields = fieldsOf(context, order, seen, { code, now, earlier });
  const { document, data } = await template.make(fields); // dear, so outside the transaction
  const isMade = await db.transaction().execute(async (transaction) => {
    await lockMarks(transaction, marked.id);
    const current = (await currentMarks(transaction, marked.id)).get(learner.personId);
    if (current?.version !== seen.version) return false; // somebody wrote meanwhile: once more, from what is there now
    const requestId = await createRequest(
      transaction,
      {
        kind: template.kind,
        title: template.titleOf(fields),
        organisationId: marked.organisationId,
        classId: marked.id,
        subjectId: learner.personId,
        steps: stepsOf(order, fields),
        signerId: order.principal.personId,
        signerTitle: order.principal.title,
        runId: order.runId,
        ...(earlier ? { replaces: { id: earlier.id, version: earlier.version + 1 } } : {}),
        code,
        document: { bytes: document, pages: countPages(document) },
        ...(data ? { data } : {}),
        ...(order.dueAt ? { dueAt: order.dueAt } : {}),
      },
      { actor: order.actor, now },
    );
    await keep(transaction, order, requestId ? { outcome: 'made', requestId } : { outcome: 'exists' });
    return true;
  });
  if (!isMade) await makeTranscriptOf(context, order);
}

/** Before the drawing, which is expensive; createRequest decides. */
async function isWaiting({ db }: ServiceContext, { template, marked, learner }: TranscriptOrder): Promise<boolean> {
  const which = { kind: classTemplates[template].kind, classId: marked.id, subjectId: learner.personId };
  const earlier = await correctable(db, which);
  const exists = await signingOf(db)
    .selectFrom('signing.request')
    .select('id')
    .$if(earlier !== undefined, (query) => query.where('id', '<>', earlier?.id ?? ''))
    .where('kind', '=', template)
    .where('class_id', '=', marked.id)
    .where('subject_id', '=', learner.personId)
    .where('state', 'in', ['waiting', 'signed', 'issued'])
    .executeTakeFirst();
  return exists !== undefined;
}

interface Outcome {
  readonly outcome: RunOutcome;
  readonly requestId?: string;
  readonly missing?: readonly string[];
}

/** Why no transcript is made of these marks; undefined when one may be. */
function refusalOf({ columns, grade }: MarkedClass, marks: CurrentMarks | undefined): Outcome | undefined {
  if (!marks || Object.keys(marks.values).length === 0) return { outcome: 'no-marks' };
  const completeness = completenessOf(columns, marks.values, grade);
  if (isComplete(completeness)) return undefined;
  if (completeness.missing.length === 0 && completeness.isHeldBack) return { outcome: 'held-back' };
  return { outcome: 'incomplete-marks', missing: completeness.missing };
}

async function keep(transaction: Transaction, order: TranscriptOrder, outcome: Outcome): Promise<void> {
  await signingOf(transaction)
    .insertInto('signing.transcript_run_item')
    .values({
      run_id: order.runId,
      person_id: order.learner.personId,
      outcome: outcome.outcome,
      request_id: outcome.requestId ?? null,
      missing: outcome.missing ? JSON.stringify(outcome.missing) : null,
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

type StepOfClass = Exclude<StepRole, 'signer'>;

function stepsOf(
  { template, classTeacher, principal, subjectTeachers }: TranscriptOrder,
  { subjects }: SchoolReportData,
): NewStep[] {
  const whom: Readonly<
    Record<StepOfClass, readonly Pick<NewStep, 'signerId' | 'signerTitle' | 'onBehalfOf' | 'turn'>[]>
  > = {
    'subject-teacher': teacherSteps(subjects, subjectTeachers),
    'class-teacher': [{ signerId: classTeacher.personId, signerTitle: classTeacherTitle }],
    principal: [{ signerId: principal.personId, signerTitle: principal.title, onBehalfOf: principal.onBehalfOf }],
    'school-seal': [{ signerId: null, signerTitle: 'Dấu của trường' }],
  };
  return classTemplates[template].order.flatMap(({ role, place: where }) =>
    whom[role].map((who) => ({ role, place: where, ...who })),
  );
}

function schoolYearOf({ schoolYear }: MarkedClass): string {
  return `${schoolYear}–${schoolYear + 1}`;
}

function fieldsOf(
  { config }: ServiceContext,
  { marked, learner, classTeacher, principal, subjectTeachers }: TranscriptOrder,
  { values }: CurrentMarks,
  {
    code,
    now,
    earlier,
  }: { readonly code: string; readonly now: Date; readonly earlier: Awaited<ReturnType<typeof correctable>> },
): SchoolReportData {
  const schoolYear = schoolYearOf(marked);
  const completion = completionOf(marked, values);
  const printed = printedMarks(marked.columns, values, marked.grade);
  return {
    department: marked.departmentName,
    school: { name: marked.organisationName },
    pupil: {
      fullName: learner.fullName,
      birthDate: learner.birthDate ?? '',
      ...(learner.gender ? { gender: learner.gender } : {}),
      educationId: learner.educationId,
    },
    className: marked.code,
    schoolYear,
    grade: marked.grade,
    version: (earlier?.version ?? 0) + 1,
    ...(earlier ? { replaces: formatVerificationCode(earlier.code) } : {}),
    ...printed,
    subjects: rowsWithTeachers(printed.subjects, subjectTeachers),
    ...(completion ? { completion } : {}),
    classTeacher: { fullName: classTeacher.fullName, title: classTeacherTitle },
    principal: { fullName: principal.fullName, title: principal.title },
    place,
    issuedAt: now,
    url: config.url.origin,
    code: formatVerificationCode(code),
  };
}

/** In grade 9 the report confirms what a diploma said before (Circular 10/2026/TT-BGDĐT). */
function completionOf(marked: MarkedClass, { outcome }: CurrentMarks['values']): string | undefined {
  if (marked.grade !== 9 || outcome !== 'Hoàn thành chương trình THCS') return undefined;
  return `${marked.organisationName} xác nhận học sinh đã hoàn thành chương trình giáo dục trung học cơ sở năm học ${schoolYearOf(marked)}.`;
}

/** Our own writer leaves page objects in the clear, one line each. */
function countPages(pdf: Buffer): number {
  return pdf.toString('latin1').match(/\/Type \/Page\b(?!s)/g)?.length ?? 1;
}

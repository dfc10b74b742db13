import type { Locale } from '@edutrust/platform/messages';
import type { RosterPlan } from './view.ts';

const shownLines = 20;

/** The plan as lines for a terminal. */
export function describePlan(plan: RosterPlan, locale: Locale): string {
  const say = (vi: string, en: string) => (locale === 'vi' ? vi : en);
  const { added, changed, left, referred, unchanged, refused, skipped } = plan.totals;
  const counts = [
    say(
      `Thêm ${added} · Sửa ${changed} · Rời ${left} · Giữ nguyên ${unchanged} · Từ chối ${refused}`,
      `${added} added · ${changed} changed · ${left} left · ${unchanged} unchanged · ${refused} refused`,
    ),
    referred > 0 && say(`Cần người khác xem ${referred}`, `${referred} for somebody else to see`),
    skipped > 0 && say(`Bỏ qua ${skipped}`, `${skipped} passed over`),
  ];
  const lines = [counts.filter(Boolean).join(' · ')];
  const ignored = plan.columns
    .filter(({ field, header }) => field === null && header !== '')
    .map(({ header }) => header);
  if (ignored.length > 0)
    lines.push(say(`  Cột không nhập: ${ignored.join(', ')}`, `  Columns not imported: ${ignored.join(', ')}`));
  for (const note of plan.notes) lines.push(`  ${note[locale]}`);
  const names = { added: '+', changed: '~', left: '−', referred: '?' };
  for (const { row, action, fullName, className, fields } of plan.changes.slice(0, shownLines)) {
    const what = fields.map(({ column, before, after }) =>
      after === undefined ? column : `${column}: ${before ?? '—'} → ${after ?? '—'}`,
    );
    const place = action === 'left' ? '' : say(`dòng ${row}: `, `row ${row}: `);
    lines.push(
      `  ${names[action]} ${place}${fullName}${className ? ` (${className})` : ''}${what.length > 0 ? `  ${what.join('; ')}` : ''}`,
    );
  }
  const more = added + changed + left + referred - Math.min(plan.changes.length, shownLines);
  if (more > 0) lines.push(say(`  … và ${more} thay đổi nữa`, `  … and ${more} more`));
  for (const { row, column, value, reason } of plan.refusals.slice(0, shownLines)) {
    lines.push(
      say(
        `  ! dòng ${row}, cột ${column}, «${value}»: ${reason.vi}`,
        `  ! row ${row}, column ${column}, "${value}": ${reason.en}`,
      ),
    );
  }
  if (refused > shownLines)
    lines.push(
      say(`  … và ${refused - shownLines} dòng bị từ chối nữa`, `  … and ${refused - shownLines} more refused`),
    );
  for (const { row, text, reason } of plan.skipped.slice(0, shownLines))
    lines.push(say(`  · dòng ${row}, «${text}»: ${reason.vi}`, `  · row ${row}, "${text}": ${reason.en}`));
  if (plan.heldReason)
    lines.push(
      say(`  Chờ người thứ hai duyệt: ${plan.heldReason.vi}`, `  Waits for a second person: ${plan.heldReason.en}`),
    );
  return lines.join('\n');
}

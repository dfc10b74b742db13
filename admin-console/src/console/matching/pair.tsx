import { formatDate, t } from '../../design/language.ts';
import { StateShape } from '../../design/mark.tsx';
import { Table } from '../../design/table.tsx';
import type { paths } from '../../generated/api.d.ts';
import { EducationId } from '../parts.tsx';

type Questions = paths['/api/v1/roster/questions']['get']['responses']['200']['content']['application/json'];
export type Question = Questions['items'][number];
type Side = Question['record'] | Question['row'];

/** What both sides may say, in the order in which people compare. */
function facts(): readonly { label: string; of: (side: Side) => string | null }[] {
  const has = (isThere: boolean) => (isThere ? t('có', 'yes') : null);
  return [
    { label: t('Họ và tên', 'Name'), of: ({ fullName }) => fullName },
    { label: t('Ngày sinh', 'Birth date'), of: ({ birthDate }) => birthDate && formatDate(birthDate) },
    {
      label: t('Giới tính', 'Gender'),
      of: ({ gender }) => (gender === null ? null : gender === 'male' ? t('Nam', 'Male') : t('Nữ', 'Female')),
    },
    { label: t('Lớp', 'Class'), of: ({ className }) => className },
    { label: t('Mã riêng của trường', "The school's own code"), of: ({ localCode }) => localCode },
    { label: t('Mã định danh của Bộ', 'Ministry identifier'), of: ({ hasMinistryId }) => has(hasMinistryId) },
    { label: t('Số định danh cá nhân', 'Personal number'), of: ({ hasPersonalNumber }) => has(hasPersonalNumber) },
  ];
}

/** A row of a file beside the record that it may be: what differs is marked, why it is asked is said, a person decides. */
export function Pair({
  question,
  isFirst,
  isBusy,
  onAnswer,
}: {
  readonly question: Question;
  readonly isFirst: boolean;
  readonly isBusy: boolean;
  readonly onAnswer: (answer: 'same' | 'other') => void;
}) {
  const { row, record, reasons, score, organisation, kind } = question;
  const inFile = t('Trong tệp', 'In the file');
  const known = t('Hồ sơ đang có', 'The record');
  return (
    <article class="card p-6! grid gap-5">
      <header class="flex flex-wrap items-baseline justify-between gap-x-6 gap-y-1">
        <h2>{row.fullName ?? record.fullName}</h2>
        <span class="text-sm text-quiet">
          {organisation.name} · {kind === 'learner' ? t('học sinh', 'learner') : t('nhân sự', 'staff')} ·{' '}
          {t(`dòng ${row.row}`, `row ${row.row}`)} {row.fileName && `«${row.fileName}»`}
        </span>
      </header>
      <Table label={t('So hai bên', 'Both sides')} heads={['', inFile, known]}>
        {[
          ...facts().flatMap(({ label, of }) => {
            const [given, kept] = [of(row), of(record)];
            if (given === null && kept === null) return [];
            const differs = given !== null && kept !== null && given !== kept;
            return (
              <tr key={label}>
                <td class="text-quiet max-sm:font-semibold">{label}</td>
                <td class="max-sm:basis-full" data-label={inFile}>
                  {given ?? <span class="text-quiet">–</span>}
                </td>
                <td class="max-sm:basis-full" data-label={known}>
                  {kept === null ? (
                    <span class="text-quiet">–</span>
                  ) : differs ? (
                    <b class="inline-flex items-center gap-2">
                      <span class="text-warn">
                        <StateShape state="warn" />
                      </span>
                      {kept}
                      <span class="sr-only">({t('khác', 'differs')})</span>
                    </b>
                  ) : (
                    kept
                  )}
                </td>
              </tr>
            );
          }),
          <tr key="education-id">
            <td class="text-quiet max-sm:font-semibold">{t('Mã giáo dục', 'Education ID')}</td>
            <td data-label={inFile}>
              <span class="text-quiet">–</span>
            </td>
            <td data-label={known}>
              <EducationId id={record.educationId} />
            </td>
          </tr>,
        ]}
      </Table>
      <p class="text-sm">
        <b>{t(`Giống ${score} trên 100. `, `${score} of 100 alike. `)}</b>
        <span class="text-quiet">
          {reasons.map(({ sentence, isFor }) => `${isFor ? '+' : '−'} ${sentence}`).join(' · ')}
        </span>
      </p>
      <div class="flex flex-wrap gap-3">
        <button
          type="button"
          class={isFirst ? 'button button-primary' : 'button'}
          disabled={isBusy}
          onClick={() => onAnswer('same')}
        >
          {t('Là một người', 'One person')}
        </button>
        <button type="button" class="button" disabled={isBusy} onClick={() => onAnswer('other')}>
          {t('Hai người khác nhau', 'Two people')}
        </button>
        <a class="button" href={`/admin/people/${question.personId}`}>
          {t('Mở hồ sơ', 'Open the record')}
        </a>
      </div>
    </article>
  );
}

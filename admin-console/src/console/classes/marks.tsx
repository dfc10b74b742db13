import { useLocation, useRoute } from 'preact-iso';
import { api, must } from '../../design/api.ts';
import { t } from '../../design/language.ts';
import { useLoad } from '../../design/load.ts';
import { State } from '../../design/mark.tsx';
import { Show } from '../../design/show.tsx';
import { Table } from '../../design/table.tsx';
import type { paths } from '../../generated/api.d.ts';
import { Title } from '../parts.tsx';
import { repeated } from '../twins.ts';
import { fullLine } from './views.ts';

export type Marks =
  paths['/api/v1/signing/classes/{id}/marks']['get']['responses']['200']['content']['application/json'];
export type MarksRow = Marks['rows'][number];
export type MarksColumn = Marks['columns'][number];

/** `/teach/classes/:id/marks`: who has all marks, who lacks some; a file for the whole class or a form for one. */
export function MarksPage() {
  const { id = '' } = useRoute().params;
  const { path } = useLocation();
  const [loaded] = useLoad(id, async () => {
    const params = { params: { path: { id } } };
    const marks = await must(api.GET('/api/v1/signing/classes/{id}/marks', params));
    const hasTwins = repeated(marks.rows.map(({ person }) => person.fullName)).size > 0;
    return { marks, theClass: hasTwins ? await must(api.GET('/api/v1/classes/{id}', params)) : undefined };
  });
  return (
    <Show loaded={loaded}>
      {({ marks, theClass }) => {
        const complete = marks.rows.filter(({ isComplete }) => isComplete).length;
        const mayWrite = marks.may.includes('write');
        return (
          <>
            <Title
              title={t(
                `Điểm lớp ${marks.class.code}: ${complete} trên ${marks.rows.length} em đủ`,
                `Marks of class ${marks.class.code}: ${complete} of ${marks.rows.length} complete`,
              )}
              note={marks.organisation.name}
              back={{ href: path.replace(/\/marks$/, ''), label: `${t('Lớp', 'Class')} ${marks.class.code}` }}
            >
              {mayWrite && (
                <a class="button button-primary" href={`${path}/import`}>
                  {t('Nhập từ tệp', 'Import a file')}
                </a>
              )}
            </Title>
            <Table
              label={t('Điểm của lớp', 'Marks of the class')}
              heads={[t('Họ và tên', 'Name'), t('Điểm', 'Marks'), t('Học bạ', 'Transcript')]}
              empty={t('Lớp chưa có em nào.', 'There is no pupil in this class yet.')}
            >
              {marks.rows.map((row) => (
                <tr key={row.person.id}>
                  <td>
                    <a class="font-semibold" href={`${path}/${row.person.id}`}>
                      {theClass ? fullLine(theClass, row.person) : row.person.fullName}
                    </a>
                  </td>
                  <td>
                    {row.isComplete ? (
                      <State state="good">{t('Đủ', 'Complete')}</State>
                    ) : (
                      <Missing row={row} columns={marks.columns} />
                    )}
                  </td>
                  <td data-label={row.transcript ? t('Học bạ', 'Transcript') : undefined}>
                    <Transcript row={row} />
                  </td>
                </tr>
              ))}
            </Table>
          </>
        );
      }}
    </Show>
  );
}

/** The first thing that keeps a transcript from being made of the marks. */
export function lackOf({ missing, electivesShort }: Pick<MarksRow, 'missing' | 'electivesShort'>): string {
  if (missing.length > 0) return t(`Thiếu ${missing.length} ô`, `${missing.length} missing`);
  if (electivesShort > 0)
    return t(
      `Thiếu điểm ${electivesShort} môn lựa chọn`,
      electivesShort === 1 ? 'One elective subject has no marks' : `${electivesShort} elective subjects have no marks`,
    );
  return t('Chờ kết quả rèn luyện trong hè', 'Summer work is still to be judged');
}

function Missing({ row, columns }: { readonly row: MarksRow; readonly columns: readonly MarksColumn[] }) {
  const labels = row.missing.map((key) => columns.find((column) => column.key === key)?.label ?? key);
  return (
    <span>
      <State state="warn">{lackOf(row)}</State>
      <span class="block text-sm text-quiet">
        {labels.slice(0, 3).join(', ')}
        {labels.length > 3 && '…'}
      </span>
    </span>
  );
}

function Transcript({ row: { transcript } }: { readonly row: MarksRow }) {
  if (!transcript) return null;
  const states = {
    waiting: <State state="now">{t('Đang chờ ký', 'Being signed')}</State>,
    signed: <State state="now">{t('Chờ đóng dấu', 'To be sealed')}</State>,
    issued: <State state="good">{t('Đã phát hành', 'Issued')}</State>,
    rejected: <State state="bad">{t('Bị trả lại', 'Returned')}</State>,
    replaced: <State state="plain">{t('Bị thay thế', 'Replaced')}</State>,
    revoked: <State state="bad">{t('Bị thu hồi', 'Revoked')}</State>,
    withdrawn: <State state="plain">{t('Đã rút', 'Withdrawn')}</State>,
  };
  return (
    <span>
      {states[transcript.state]}
      {transcript.reason && <span class="block text-sm">{transcript.reason}</span>}
    </span>
  );
}

import { useState } from 'preact/hooks';
import { useLocation, useRoute } from 'preact-iso';
import { api, must, Refused } from '../../design/api.ts';
import { Segments } from '../../design/choices.tsx';
import { Banner } from '../../design/form.tsx';
import { Icon } from '../../design/icon.tsx';
import { t } from '../../design/language.ts';
import { useAction, useLoad } from '../../design/load.ts';
import { State } from '../../design/mark.tsx';
import { Row, Ruled } from '../../design/ruled.tsx';
import { Empty, Show } from '../../design/show.tsx';
import { Table } from '../../design/table.tsx';
import type { paths } from '../../generated/api.d.ts';
import { sayNext } from '../heading.ts';
import { Title } from '../parts.tsx';
import { fullLine } from './views.ts';

type Sheet = paths['/api/v1/signing/classes/{id}/own-marks']['get']['responses']['200']['content']['application/json'];
type SheetRow = Sheet['rows'][number];
type Column = Sheet['columns'][number];

/** `/admin/subjects`: the subjects that I teach, class by class, with how far their marks are; signing them is one tap away. */
export function OwnSubjects() {
  const [loaded] = useLoad('own subjects', async () => {
    const [own, count] = await Promise.all([
      must(api.GET('/api/v1/signing/own-subjects')),
      must(api.GET('/api/v1/signing/inbox/count')),
    ]);
    return { classes: own.items, toSign: count.toSign };
  });
  return (
    <>
      <Title title={t('Môn tôi dạy', 'Subjects I teach')} />
      <Show loaded={loaded}>
        {({ classes, toSign }) => (
          <>
            {toSign > 0 && (
              <Banner state="now">
                <p>
                  {t(`${toSign} học bạ, văn bản chờ thầy cô ký.`, `${toSign} documents wait for your signature.`)}{' '}
                  <a href="/sign/">{t('Đọc và ký', 'Read and sign')}</a>
                </p>
              </Banner>
            )}
            {classes.length === 0 ? (
              <Empty icon="book-open">
                {t(
                  'Chưa lớp nào ghi tên thầy cô dạy môn. Giáo viên chủ nhiệm phân công ở trang của lớp.',
                  'No class names you as a teacher of a subject. The class teacher does so on the class’s page.',
                )}
              </Empty>
            ) : (
              <Ruled onMargin label={t('Các lớp', 'Classes')}>
                {classes.map((one) => (
                  <Row
                    key={one.class.id}
                    mark={one.complete === one.learners ? 'good' : 'now'}
                    title={`${t('Lớp', 'Class')} ${one.class.code}: ${one.subjects.join(', ')}`}
                    note={`${t(`đủ điểm ${one.complete} trên ${one.learners} em`, `${one.complete} of ${one.learners} pupils complete`)} · ${one.organisation.name}`}
                    act={
                      <a class="button" href={`/admin/subjects/${one.class.id}`}>
                        <Icon name="pen-line" />
                        {t('Nhập điểm', 'Enter marks')}
                      </a>
                    }
                  />
                ))}
              </Ruled>
            )}
          </>
        )}
      </Show>
    </>
  );
}

/** `/admin/subjects/:id`: my own rows of one class in one table. */
export function OwnMarksPage() {
  const { id = '' } = useRoute().params;
  const [loaded] = useLoad(`own marks ${id}`, () =>
    must(api.GET('/api/v1/signing/classes/{id}/own-marks', { params: { path: { id } } })),
  );
  return <Show loaded={loaded}>{(sheet) => <OwnSheet sheet={sheet} />}</Show>;
}

type Typed = Readonly<Record<string, Readonly<Record<string, string>>>>;

function OwnSheet({ sheet }: { readonly sheet: Sheet }) {
  const { route } = useLocation();
  const [typed, setTyped] = useState<Typed>({});
  const { isBusy, caught, error, run } = useAction();
  const wrong = new Map(
    (caught instanceof Refused ? (caught.problem.fields ?? []) : []).map(({ pointer, detail }) => [pointer, detail]),
  );
  const changed = Object.keys(typed);
  const save = () =>
    run(async () => {
      const rows = sheet.rows.flatMap((row) => {
        const own = typed[row.person.id];
        if (!own) return [];
        const values = Object.entries({ ...row.values, ...own }).filter(([, value]) => String(value).trim() !== '');
        return [{ personId: row.person.id, version: row.version, values: Object.fromEntries(values) }];
      });
      await must(
        api.PUT('/api/v1/signing/classes/{id}/own-marks', {
          params: { path: { id: sheet.class.id } },
          body: { rows },
        }),
      );
      sayNext(t(`Đã lưu điểm của ${rows.length} em.`, `The marks of ${rows.length} pupils were saved.`));
      route('/admin/subjects');
    });
  const among = { learners: sheet.rows.map(({ person }) => person) };
  const subjects = [...new Set(sheet.columns.map(({ subject }) => subject))];
  const [shown, setShown] = useState(subjects[0] ?? '');
  // One subject at a time: four columns have room beside a name, and on a phone a pupil fits on a screen.
  const columns = sheet.columns.filter(({ subject }) => subject === shown);
  // The subject stands above the table: «HK I», not «Toán – HK I».
  const headOf = ({ subject, label }: Column) =>
    label.startsWith(`${subject} – `) ? label.slice((subject ?? '').length + 3) : label;
  return (
    <>
      <Title
        title={`${subjects.join(', ')} · ${t('lớp', 'class')} ${sheet.class.code}`}
        note={sheet.organisation.name}
        back={{ href: '/admin/subjects', label: t('Môn tôi dạy', 'Subjects I teach') }}
      />
      <form
        class="grid gap-5"
        onSubmit={(event) => {
          event.preventDefault();
          save();
        }}
      >
        {error && <Banner state="bad">{error}</Banner>}
        {subjects.length > 1 && (
          <Segments
            label={t('Môn', 'Subject')}
            value={shown}
            options={subjects.map((one) => ({ value: one ?? '', label: one ?? '' }))}
            onChoose={setShown}
          />
        )}
        <Table
          label={t('Điểm của tôi', 'My marks')}
          heads={[t('Họ và tên', 'Name'), ...columns.map(headOf)]}
          empty={t('Lớp chưa có em nào.', 'There is no pupil in this class yet.')}
        >
          {sheet.rows.map((row) => (
            <tr key={row.person.id}>
              <td>
                <span class="font-semibold">{fullLine(among, row.person)}</span>
                {row.isLocked && (
                  <span class="block">
                    <State state="plain">{t('Đang ký hoặc đã phát hành', 'Being signed or issued')}</State>
                  </span>
                )}
              </td>
              {columns.map((column) => (
                <td key={column.key} data-label={headOf(column)}>
                  <Cell
                    row={row}
                    whose={fullLine(among, row.person)}
                    column={column}
                    value={typed[row.person.id]?.[column.key] ?? String(row.values[column.key] ?? '')}
                    error={wrong.get(`/rows/${row.person.id}/values/${column.key}`)}
                    onType={(value) =>
                      setTyped({ ...typed, [row.person.id]: { ...typed[row.person.id], [column.key]: value } })
                    }
                  />
                </td>
              ))}
            </tr>
          ))}
        </Table>
        <div class="action-bar">
          <button type="submit" class="button button-primary" disabled={isBusy || changed.length === 0}>
            {changed.length > 0
              ? t(`Lưu điểm ${changed.length} em`, `Save ${changed.length} pupils`)
              : t('Chưa đổi gì', 'Nothing changed')}
          </button>
          <a class="button" href="/admin/subjects">
            {t('Thôi', 'Cancel')}
          </a>
        </div>
      </form>
    </>
  );
}

function Cell({
  row,
  whose,
  column: { label, kind, choices },
  value,
  error,
  onType,
}: {
  readonly row: SheetRow;
  /** The name, and what tells it from the same one. */
  readonly whose: string;
  readonly column: Column;
  readonly value: string;
  readonly error: string | undefined;
  readonly onType: (value: string) => void;
}) {
  const name = `${whose}, ${label}`;
  const tied = {
    class: 'control',
    'aria-label': name,
    'aria-invalid': error ? true : undefined,
    disabled: row.isLocked,
  } as const;
  return (
    <>
      {kind === 'choice' ? (
        <select {...tied} value={value} onChange={({ currentTarget }) => onType(currentTarget.value)}>
          {['', ...choices].map((choice) => (
            <option key={choice} value={choice} selected={choice === value}>
              {choice || '—'}
            </option>
          ))}
        </select>
      ) : (
        <input
          {...tied}
          inputMode={kind === 'mark' ? 'decimal' : 'numeric'}
          autocomplete="off"
          maxLength={10}
          placeholder={kind === 'mark' ? '0–10' : '1–10'}
          value={value}
          onInput={({ currentTarget }) => onType(currentTarget.value)}
        />
      )}
      {error && <span class="block text-sm text-bad">{error}</span>}
    </>
  );
}

import { useLocation, useRoute } from 'preact-iso';
import { api, must } from '../../design/api.ts';
import { type Entry, EntryForm, useEntry } from '../../design/entry.tsx';
import { Banner, Choice, Field, Lines } from '../../design/form.tsx';
import { t } from '../../design/language.ts';
import { useLoad } from '../../design/load.ts';
import { Show } from '../../design/show.tsx';
import { sayNext } from '../heading.ts';
import { Title } from '../parts.tsx';
import { AskCorrection } from './correction.tsx';
import { lackOf, type Marks, type MarksColumn, type MarksRow } from './marks.tsx';

/** `/teach/classes/:id/marks/:person`: everything that one pupil's transcript needs, subject by subject. */
export function MarksOfPage() {
  const { id = '', person = '' } = useRoute().params;
  const [loaded] = useLoad(id, () => must(api.GET('/api/v1/signing/classes/{id}/marks', { params: { path: { id } } })));
  return (
    <Show loaded={loaded}>
      {(marks) => {
        const index = marks.rows.findIndex((row) => row.person.id === person);
        const row = marks.rows[index];
        return row ? (
          <MarksOf marks={marks} row={row} next={marks.rows[index + 1]} />
        ) : (
          <Banner state="bad">{t('Em này không còn học lớp này.', 'The pupil is no longer in this class.')}</Banner>
        );
      }}
    </Show>
  );
}

function MarksOf({
  marks,
  row,
  next,
}: {
  readonly marks: Marks;
  readonly row: MarksRow;
  readonly next: MarksRow | undefined;
}) {
  const { path, route } = useLocation();
  const list = path.replace(/\/[^/]+$/, '');
  const entry = useEntry(
    `marks ${row.person.id}`,
    Object.fromEntries(marks.columns.map(({ key }) => [key, String(row.values[key] ?? '')])),
  );
  const isReadOnly = row.isLocked || !marks.may.includes('write');
  const save = async (values: Readonly<Record<string, string>>) => {
    const filled = Object.entries(values).filter(([, value]) => value.trim() !== '');
    await must(
      api.PUT('/api/v1/signing/classes/{id}/marks', {
        params: { path: { id: marks.class.id } },
        body: { rows: [{ personId: row.person.id, version: row.version, values: Object.fromEntries(filled) }] },
      }),
    );
    sayNext(t(`Đã lưu điểm của ${row.person.fullName}.`, `The marks of ${row.person.fullName} were saved.`));
    route(next ? `${list}/${next.person.id}` : list);
  };
  return (
    <>
      <Title
        title={row.person.fullName}
        note={row.isComplete ? t('Đủ điểm để lập học bạ', 'Complete for a transcript') : lackOf(row)}
        back={{ href: list, label: t(`Điểm lớp ${marks.class.code}`, `Marks of class ${marks.class.code}`) }}
      />
      {row.isLocked && (
        <Banner state="warn">
          {t(
            'Học bạ của em đang được ký hoặc đã phát hành nên điểm không sửa được nữa.',
            'The transcript is being signed or was issued, so the marks stay as they are.',
          )}
        </Banner>
      )}
      {row.isLocked && row.transcript?.state === 'issued' && marks.may.includes('request') && (
        <AskCorrection requestId={row.transcript.id} />
      )}
      <EntryForm
        entry={entry}
        submit={next ? t('Lưu, sang em tiếp theo', 'Save, next pupil') : t('Lưu', 'Save')}
        cancel={list}
        isReadOnly={isReadOnly}
        isLong
        onSubmit={save}
      >
        {bySubject(marks.columns).map(([subject, columns]) => (
          <fieldset key={subject} class="grid gap-3 border-t border-line pt-3" disabled={isReadOnly}>
            <legend class="font-semibold pr-3">{subject || t('Cả năm', 'The whole year')}</legend>
            <div class="grid gap-3 grid-cols-2 xl:grid-cols-4 items-end">
              {columns.map((column) => (
                <Cell key={column.key} column={column} entry={entry} isMissing={row.missing.includes(column.key)} />
              ))}
            </div>
          </fieldset>
        ))}
      </EntryForm>
    </>
  );
}

/** Columns that belong together, in the order of the transcript. */
function bySubject(columns: readonly MarksColumn[]): [string, MarksColumn[]][] {
  const groups = new Map<string, MarksColumn[]>();
  for (const column of columns) {
    const group = groups.get(column.subject ?? '') ?? [];
    group.push(column);
    groups.set(column.subject ?? '', group);
  }
  return [...groups];
}

/** Longer ones do not fit into a quarter of the width. */
const longChoice = 22;

function Cell({
  column: { key, label, kind, choices, subject },
  entry,
  isMissing,
}: {
  readonly column: MarksColumn;
  readonly entry: Entry<Record<string, string>>;
  readonly isMissing: boolean;
}) {
  // «Toán – HK I» stands below the heading «Toán»
  const short = subject && label.startsWith(`${subject} – `) ? label.slice(subject.length + 3) : label;
  const hint = isMissing && !entry.values[key]?.trim() ? { hint: t('còn thiếu', 'missing') } : {};
  if (kind === 'choice') {
    const isLong = choices.some((value) => value.length > longChoice);
    return (
      <div class={isLong ? 'col-span-2' : ''}>
        <Choice
          label={short}
          {...hint}
          {...entry.choice(key)}
          options={[{ value: '', label: '—' }, ...choices.map((value) => ({ value, label: value }))]}
        />
      </div>
    );
  }
  if (kind === 'text') {
    return (
      <div class="col-span-full">
        <Lines label={short} {...hint} rows={2} {...entry.field(key)} />
      </div>
    );
  }
  return (
    <Field
      label={short}
      {...hint}
      {...entry.field(key)}
      inputmode={kind === 'mark' ? 'decimal' : 'numeric'}
      autocomplete="off"
      placeholder={kind === 'mark' ? '0–10' : kind === 'test' ? '1–10' : ''}
    />
  );
}

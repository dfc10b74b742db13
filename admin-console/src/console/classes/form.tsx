import { useLocation, useRoute } from 'preact-iso';
import { api, must } from '../../design/api.ts';
import { type Entry, EntryForm, useEntry } from '../../design/entry.tsx';
import { Choice, Field } from '../../design/form.tsx';
import { t } from '../../design/language.ts';
import { useLoad } from '../../design/load.ts';
import { Show } from '../../design/show.tsx';
import { sayNext } from '../heading.ts';
import { Title } from '../parts.tsx';
import type { ClassView } from './views.ts';

/** `/admin/schools/:id/classes/new` */
export function NewClass() {
  const { id = '' } = useRoute().params;
  const { route } = useLocation();
  const [school] = useLoad(id, () => must(api.GET('/api/v1/organisations/{id}', { params: { path: { id } } })));
  const entry = useEntry('new class', { code: '', grade: '1', homeroomTeacherId: '' });
  return (
    <Show loaded={school}>
      {({ name }) => (
        <>
          <Title title={t('Mở một lớp', 'Open a class')} back={{ href: `/admin/schools/${id}`, label: name }} />
          <EntryForm
            entry={entry}
            submit={t('Mở lớp', 'Open the class')}
            cancel={`/admin/schools/${id}`}
            onSubmit={async ({ code, grade, homeroomTeacherId }) => {
              const made = await must(
                api.POST('/api/v1/classes', {
                  body: {
                    organisationId: id,
                    code,
                    grade: Number(grade),
                    ...(homeroomTeacherId ? { homeroomTeacherId } : {}),
                  },
                }),
              );
              sayNext(t(`Đã mở lớp ${made.code}.`, `Class ${made.code} was opened.`));
              route(`/admin/classes/${made.id}`);
            }}
          >
            <ClassFields entry={entry} organisationId={id} />
          </EntryForm>
        </>
      )}
    </Show>
  );
}

/** `/admin/classes/:id/edit` */
export function EditClass() {
  const { id = '' } = useRoute().params;
  const [loaded] = useLoad(id, () => must(api.GET('/api/v1/classes/{id}', { params: { path: { id } } })));
  return <Show loaded={loaded}>{(data) => <Edit data={data} />}</Show>;
}

function Edit({ data }: { readonly data: ClassView }) {
  const { route } = useLocation();
  const page = `/admin/classes/${data.id}`;
  const entry = useEntry('edit class', {
    code: data.code,
    grade: String(data.grade),
    homeroomTeacherId: data.teacher?.id ?? '',
  });
  return (
    <>
      <Title
        title={t(`Sửa lớp ${data.code}`, `Change class ${data.code}`)}
        note={data.organisationName}
        back={{ href: page, label: `${t('Lớp', 'Class')} ${data.code}` }}
      />
      <EntryForm
        entry={entry}
        submit={t('Lưu', 'Save')}
        cancel={page}
        onSubmit={async ({ code, grade, homeroomTeacherId }) => {
          await must(
            api.PATCH('/api/v1/classes/{id}', {
              params: { path: { id: data.id } },
              body: { code, grade: Number(grade), homeroomTeacherId: homeroomTeacherId || null },
            }),
          );
          sayNext(t('Đã lưu.', 'Saved.'));
          route(page);
        }}
      >
        <ClassFields entry={entry} organisationId={data.organisationId} />
      </EntryForm>
    </>
  );
}

/** From the nursery to the last year, as `registry/classes` numbers them. */
const grades: readonly { readonly value: string; readonly label: () => string }[] = [
  { value: '-3', label: () => t('Nhà trẻ', 'Nursery (under 3)') },
  { value: '-2', label: () => t('Mầm (3–4 tuổi)', 'Mầm (3–4)') },
  { value: '-1', label: () => t('Chồi (4–5 tuổi)', 'Chồi (4–5)') },
  { value: '0', label: () => t('Lá (5–6 tuổi)', 'Lá (5–6)') },
  ...Array.from({ length: 12 }, (_, index) => ({
    value: String(index + 1),
    label: () => t(`Khối ${index + 1}`, `Grade ${index + 1}`),
  })),
];

function ClassFields({
  entry,
  organisationId,
}: {
  readonly entry: Pick<Entry<{ code: string; grade: string; homeroomTeacherId: string }>, 'field' | 'choice'>;
  readonly organisationId: string;
}) {
  const [people] = useLoad(`teachers ${organisationId}`, async () => {
    const { items } = await must(
      api.GET('/api/v1/people', { params: { query: { organisation: organisationId, role: 'teacher', limit: 200 } } }),
    );
    return items;
  });
  const teachers = people.state === 'ready' ? people.data : [];
  return (
    <>
      <div class="grid gap-5 sm:grid-cols-2">
        <Field label={t('Tên lớp', 'Name')} required maxlength={40} placeholder="5A" {...entry.field('code')} />
        <Choice
          label={t('Khối', 'Grade')}
          {...entry.choice('grade')}
          options={grades.map(({ value, label }) => ({ value, label: label() }))}
        />
      </div>
      <Choice
        label={t('Giáo viên chủ nhiệm', 'Class teacher')}
        {...entry.choice('homeroomTeacherId')}
        options={[
          { value: '', label: t('Chưa có', 'None yet') },
          ...teachers.map(({ id, fullName }) => ({ value: id, label: fullName })),
        ]}
        hint={t(
          'Người này thấy lớp ở «Lớp của tôi», nhập điểm và cấp mã cho các em.',
          'They see the class as “My class”, enter marks and issue codes.',
        )}
      />
    </>
  );
}

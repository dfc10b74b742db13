import { useRoute } from 'preact-iso';
import { api, must } from '../../design/api.ts';
import { Face } from '../../design/face.tsx';
import { Icon } from '../../design/icon.tsx';
import { formatNumber, t } from '../../design/language.ts';
import { useLoad } from '../../design/load.ts';
import { Row, Ruled } from '../../design/ruled.tsx';
import { Empty, Show } from '../../design/show.tsx';
import { mayDo } from '../may.ts';
import { Title } from '../parts.tsx';
import { levelNames, roleName, type SchoolLevel } from '../words.ts';

/** `/admin/schools/:id`: its classes of this year, and who works there. */
export function SchoolPage() {
  const { id = '' } = useRoute().params;
  const params = { params: { path: { id } } };
  const [school] = useLoad(id, () => must(api.GET('/api/v1/organisations/{id}', params)));
  return (
    <Show loaded={school}>
      {(data) => (
        <>
          <SchoolHeading school={data} />
          <Classes id={id} school={data} />
          {mayDo(data)('people.read') && <Staff id={id} school={data} />}
          <Beside school={data} />
        </>
      )}
    </Show>
  );
}

interface School {
  readonly id: string;
  readonly name: string;
  readonly code: string;
  readonly level: SchoolLevel | null;
  readonly path: readonly { readonly name: string }[];
  readonly may: readonly string[];
}

function SchoolHeading({ school }: { readonly school: School }) {
  const may = mayDo(school);
  return (
    <Title
      title={school.name}
      note={[
        school.level && levelNames()[school.level],
        school.code,
        school.path
          .map(({ name }) => name)
          .slice(1, -1) // below the department, which everything lies in
          .join(' › '),
      ]
        .filter(Boolean)
        .join(' · ')}
      back={{ href: '/admin/schools', label: t('Trường', 'Schools') }}
    >
      {may('classes.write') && (
        <a class="button button-primary" href={`/admin/schools/${school.id}/classes/new`}>
          <Icon name="plus" />
          {t('Mở một lớp', 'Open a class')}
        </a>
      )}
      {may('roster.import') && (
        <a class="button" href={`/admin/import?organisation=${school.id}`}>
          <Icon name="file-spreadsheet" />
          {t('Nhập danh sách', 'Import a roster')}
        </a>
      )}
      {may('organisations.write') && (
        <a class="button" href={`/admin/schools/${school.id}/edit`}>
          <Icon name="pen-line" />
          {t('Sửa', 'Change')}
        </a>
      )}
    </Title>
  );
}

function Classes({ id, school }: { readonly id: string; readonly school: School }) {
  const may = mayDo(school);
  const [classes] = useLoad(`classes ${id}`, () =>
    must(api.GET('/api/v1/organisations/{id}/classes', { params: { path: { id } } })),
  );
  return (
    <section class="grid gap-4" aria-labelledby="classes">
      <h2 id="classes">{t('Lớp năm học này', 'Classes of this school year')}</h2>
      <Show loaded={classes}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty>
              {may('classes.write')
                ? t(
                    'Năm học này chưa có lớp. Mở từng lớp, hoặc nhập danh sách học sinh.',
                    'There is no class this school year yet. Open one, or import a roster.',
                  )
                : t('Năm học này chưa có lớp.', 'There is no class this school year yet.')}
            </Empty>
          ) : (
            <ul class="grid gap-3 grid-cols-[repeat(auto-fill,minmax(min(13rem,45%),1fr))]">
              {items.map((one) => (
                <li key={one.id}>
                  {may('people.read') ? (
                    <a
                      class="card block p-4! no-underline text-ink hover:border-accent"
                      href={`/admin/classes/${one.id}`}
                    >
                      <ClassLines {...one} />
                    </a>
                  ) : (
                    <div class="card p-4!">
                      <ClassLines {...one} />
                    </div>
                  )}
                </li>
              ))}
            </ul>
          )
        }
      </Show>
    </section>
  );
}

function ClassLines({
  code,
  learnerCount,
  teacher,
}: {
  readonly code: string;
  readonly learnerCount: number;
  readonly teacher: { readonly fullName: string } | null;
}) {
  return (
    <>
      <span class="block text-lg font-semibold">
        {t('Lớp', 'Class')} {code}
      </span>
      <span class="block text-quiet">
        {formatNumber(learnerCount)} {t('học sinh', 'pupils')}
      </span>
      <span class="block text-sm text-quiet">
        {teacher?.fullName ?? t('Chưa có chủ nhiệm', 'No class teacher yet')}
      </span>
    </>
  );
}

function Staff({ id, school }: { readonly id: string; readonly school: School }) {
  const may = mayDo(school);
  const [people] = useLoad(`staff ${id}`, async () => {
    const of = (role: 'teacher' | 'staff') =>
      must(api.GET('/api/v1/people', { params: { query: { organisation: id, role, limit: 200 } } }));
    const [staff, teachers] = await Promise.all([of('staff'), of('teacher')]);
    return [...new Map([...staff.items, ...teachers.items].map((one) => [one.id, one])).values()];
  });
  return (
    <section class="grid gap-4" aria-labelledby="staff">
      <div class="flex flex-wrap items-center justify-between gap-3">
        <h2 id="staff">{t('Giáo viên và nhân viên', 'Teachers and staff')}</h2>
        {may('people.write') && (
          <a class="button" href={`/admin/people/new?as=teacher&organisation=${id}`}>
            <Icon name="plus" />
            {t('Thêm một người', 'Add somebody')}
          </a>
        )}
      </div>
      <Show loaded={people}>
        {(items) =>
          items.length === 0 ? (
            <Empty>{t('Chưa có ai làm việc ở đây.', 'Nobody works here yet.')}</Empty>
          ) : (
            <ul class="grid gap-x-10 sm:grid-cols-2">
              {items.map((person) => (
                <li key={person.id} class="flex items-center gap-3 py-2.5 border-b border-line">
                  <Face name={person.fullName} />
                  <span class="min-w-0">
                    <a href={`/admin/people/${person.id}`} class="font-semibold no-underline hover:underline">
                      {person.fullName}
                    </a>
                    <span class="block text-sm text-quiet">
                      {person.affiliations
                        .filter(({ organisation }) => organisation.id === id)
                        .map(({ title, role }) => title ?? roleName(role))
                        .join(', ')}
                    </span>
                  </span>
                </li>
              ))}
            </ul>
          )
        }
      </Show>
    </section>
  );
}

/** What else is set for a school, each on a page of its own. */
function Beside({ school }: { readonly school: School }) {
  const may = mayDo(school);
  const page = `/admin/schools/${school.id}`;
  return (
    <section class="grid gap-4" aria-labelledby="beside">
      <h2 id="beside">{t('Cài đặt của trường', 'Settings of the school')}</h2>
      <Ruled onMargin>
        <Setting
          title={t('Mạng của trường', 'Networks of the school')}
          note={t(
            'Máy trong mạng này là máy dùng chung; gõ sai ở đây không làm chậm cả trường.',
            'Computers on it are shared; wrong guesses there do not slow the whole school.',
          )}
          href={`${page}/networks`}
          act={t('Xem mạng', 'See the networks')}
        />
        {may('accounts.invite') && (
          <Setting
            title={t('Máy dùng thẻ', 'Computers for badges')}
            note={t(
              'Máy của phòng máy mà thẻ học sinh mở được; và thẻ có người nhặt được.',
              'Computers on which a pupil’s badge opens something; and badges that were found.',
            )}
            href={`${page}/computers`}
            act={t('Xem máy dùng thẻ', 'See the computers')}
          />
        )}
        {may('sealing-machines.write') && (
          <Setting
            title={t('Máy đóng dấu', 'Sealing machines')}
            note={t(
              'Máy tính cắm USB token của trường để đóng dấu số.',
              'Computers on which the school’s USB token seals documents.',
            )}
            href={`${page}/sealing`}
            act={t('Xem máy đóng dấu', 'See the machines')}
          />
        )}
        {may('accounts.review') && (
          <Row
            title={t('Rà soát tài khoản', 'Review of accounts')}
            note={t(
              'Mỗi quý xem lại ai có tài khoản, theo bốn loại.',
              'Each quarter: who has an account, by four kinds.',
            )}
            act={
              <a class="button button-small" href={`/admin/schools/${school.id}/review`}>
                {t('Rà soát', 'Review')}
              </a>
            }
          />
        )}
        {may('apps.activate') && (
          <Setting
            title={t('Ứng dụng của trường', 'Apps of the school')}
            note={t(
              'Ứng dụng ngoài chỉ mở cho học sinh khi trường cho phép.',
              'Apps of others open to pupils only when the school allows it.',
            )}
            href={`${page}/apps`}
            act={t('Xem ứng dụng', 'See the apps')}
          />
        )}
      </Ruled>
    </section>
  );
}

function Setting({
  title,
  note,
  href,
  act,
}: {
  readonly title: string;
  readonly note: string;
  readonly href: string;
  readonly act: string;
}) {
  return (
    <Row
      title={title}
      note={note}
      act={
        <a class="button button-small" href={href}>
          {act}
        </a>
      }
    />
  );
}

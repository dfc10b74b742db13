import { useState } from 'preact/hooks';
import { useLocation, useRoute } from 'preact-iso';
import { api, must } from '../../design/api.ts';
import { Segments, Tabs } from '../../design/choices.tsx';
import { Banner } from '../../design/form.tsx';
import { Icon } from '../../design/icon.tsx';
import { t } from '../../design/language.ts';
import { useLive } from '../../design/live.ts';
import { useAction, useLoad } from '../../design/load.ts';
import { Empty, Show } from '../../design/show.tsx';
import type { MadeCode } from '../activation.ts';
import { approvalPath } from '../approvals/passkey-act.ts';
import { CodeCard } from '../code-card.tsx';
import { useFilter } from '../filter.ts';
import { mayDo } from '../may.ts';
import { Title } from '../parts.tsx';
import { LearnerTable } from './learners.tsx';
import { LessonPart } from './lesson.tsx';
import { SeatGrid, Stuck } from './seats.tsx';
import { RequestTranscripts } from './transcripts.tsx';
import { type Account, type ClassView, isToday, type Learner, schoolYearName } from './views.ts';

/** `/teach/classes/:id`, `/admin/classes/:id`: the class by given name, and who is in. */
export function ClassPage() {
  const { id = '' } = useRoute().params;
  const [loaded] = useLoad(id, () => must(api.GET('/api/v1/classes/{id}', { params: { path: { id } } })));
  return <Show loaded={loaded}>{(data) => <Loaded data={data} />}</Show>;
}

function Loaded({ data }: { readonly data: ClassView }) {
  const { path } = useLocation();
  const may = mayDo(data);
  const isTeaching = path.startsWith('/teach');
  return (
    <>
      <Title
        title={`${t('Lớp', 'Class')} ${data.code}`}
        note={[
          t(`${data.learners.length} em`, `${data.learners.length} pupils`),
          data.organisationName,
          schoolYearName(data.schoolYear),
          data.teacher
            ? !isTeaching && `${t('chủ nhiệm', 'class teacher')} ${data.teacher.fullName}`
            : t('chưa có chủ nhiệm', 'no class teacher yet'),
        ]
          .filter(Boolean)
          .join(' · ')}
        beside={
          data.learners.length > 0 && (
            <Tabs
              label={t('Của lớp', 'Of the class')}
              pages={[
                ...(may('marks.read')
                  ? [{ href: `${path}/marks`, label: t('Điểm', 'Marks'), icon: 'list' } as const]
                  : []),
                ...(may('signing.request')
                  ? [
                      {
                        href: `${path}/subjects`,
                        label: t('Giáo viên môn học', 'Teachers of subjects'),
                        icon: 'book-open',
                      } as const,
                    ]
                  : []),
                ...(may('accounts.read')
                  ? [{ href: `${path}/badges`, label: t('Thẻ', 'Badges'), icon: 'id-card' } as const]
                  : []),
                ...(may('accounts.invite')
                  ? [
                      {
                        href: `${path}/slips`,
                        label: t('In phiếu kích hoạt', 'Print activation slips'),
                        icon: 'printer',
                      } as const,
                    ]
                  : []),
              ]}
            />
          )
        }
        {...(isTeaching
          ? {}
          : { back: { href: `/admin/schools/${data.organisationId}`, label: data.organisationName } })}
      >
        {may('signing.request') && data.learners.length > 0 && <RequestTranscripts data={data} />}
        {may('classes.write') && (
          <>
            <a
              class="button"
              href={`/admin/people/new?as=learner&organisation=${data.organisationId}&class=${data.id}`}
            >
              <Icon name="plus" />
              {t('Thêm một học sinh', 'Add a pupil')}
            </a>
            <a class="button" href={`/admin/classes/${data.id}/edit`}>
              <Icon name="pen-line" />
              {t('Sửa lớp', 'Change the class')}
            </a>
          </>
        )}
      </Title>
      {data.learners.length === 0 ? (
        <Empty icon="users">{t('Lớp chưa có em nào.', 'There is no pupil in this class yet.')}</Empty>
      ) : may('accounts.read') ? (
        <WithAccounts data={data} />
      ) : (
        <LearnerTable data={data} learners={data.learners} accounts={undefined} onHelp={undefined} isBusy={false} />
      )}
    </>
  );
}

/** How each learner stands, as it changes. */
function WithAccounts({ data }: { readonly data: ClassView }) {
  const [accounts, reload] = useLoad(`accounts ${data.id}`, () =>
    must(api.GET('/api/v1/classes/{id}/accounts', { params: { path: { id: data.id } } })),
  );
  useLive(`/api/v1/classes/${data.id}/accounts`, reload);
  return (
    <Show loaded={accounts}>
      {({ items }) => <Learners data={data} accounts={new Map(items.map((one) => [one.personId, one]))} />}
    </Show>
  );
}

function Learners({ data, accounts }: { readonly data: ClassView; readonly accounts: ReadonlyMap<string, Account> }) {
  const { path } = useLocation();
  const may = mayDo(data);
  const [asked, setView] = useFilter<'seats' | 'list'>('view');
  const view = asked || (path.startsWith('/teach') ? 'seats' : 'list');
  const [made, setMade] = useState<MadeCode>();
  const { isBusy, error, run } = useAction();
  const help = (person: Learner) =>
    run(async () => {
      const code = await must(api.POST('/api/v1/people/{id}/activation-code', { params: { path: { id: person.id } } }));
      if ('approval' in code) return location.assign(approvalPath(code.approval.id));
      setMade({ ...code, person });
    });
  const onHelp = may('accounts.invite') ? help : undefined;
  return (
    <>
      {error && <Banner state="bad">{error}</Banner>}
      {may('lessons.run') && <LessonPart data={data} />}
      <div class="flex flex-wrap items-center gap-x-6 gap-y-3">
        <p class="mr-auto">
          <Arrived data={data} accounts={accounts} />
        </p>
        <Segments
          label={t('Cách xem', 'View')}
          value={view}
          onChoose={setView}
          options={[
            { value: 'seats', label: t('Chỗ ngồi', 'Seats'), icon: 'grid-3x3' },
            { value: 'list', label: t('Danh sách', 'List'), icon: 'list' },
          ]}
        />
      </div>
      {view === 'seats' ? (
        <div class="split">
          {/* On a phone what is stuck comes first; at a desk it stands at the right. */}
          <div class="min-w-0 empty:hidden min-[75rem]:order-last">
            <Stuck data={data} accounts={accounts} onHelp={onHelp} isBusy={isBusy} />
          </div>
          <SeatGrid data={data} accounts={accounts} onHelp={onHelp} isBusy={isBusy} />
        </div>
      ) : (
        <LearnerTable data={data} learners={data.learners} accounts={accounts} onHelp={onHelp} isBusy={isBusy} />
      )}
      {made && <CodeCard made={made} place={`${t('lớp', 'class')} ${data.code}`} onClose={() => setMade(undefined)} />}
    </>
  );
}

/** The page in a number: who came in today, and who can at all. */
function Arrived({ data, accounts }: { readonly data: ClassView; readonly accounts: ReadonlyMap<string, Account> }) {
  const all = data.learners.length;
  const active = data.learners.filter(({ id }) => accounts.get(id)?.status === 'active').length;
  const today = data.learners.filter(({ id }) => isToday(accounts.get(id)?.lastSignInAt)).length;
  return (
    <>
      <span class="figure">{today}</span>{' '}
      <span class="text-lg font-semibold">{t(`trên ${all} em đã vào hôm nay`, `of ${all} signed in today`)}</span>
      <span class="block text-quiet">
        {t(`${active} trên ${all} em đã kích hoạt`, `${active} of ${all} have activated`)}
      </span>
    </>
  );
}

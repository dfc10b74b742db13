import { useState } from 'preact/hooks';
import { useLocation, useRoute } from 'preact-iso';
import { api, must } from '../../design/api.ts';
import { Banner } from '../../design/form.tsx';
import { formatAgo, formatDate, formatTime, t } from '../../design/language.ts';
import { useAction, useLoad } from '../../design/load.ts';
import { State } from '../../design/mark.tsx';
import { Show } from '../../design/show.tsx';
import { Table } from '../../design/table.tsx';
import type { paths } from '../../generated/api.d.ts';
import type { MadeCode } from '../activation.ts';
import { approvalPath } from '../approvals/passkey-act.ts';
import { CodeCard } from '../code-card.tsx';
import { useFilter } from '../filter.ts';
import { useMayDo } from '../may.ts';
import { EducationId, Title } from '../parts.tsx';
import { RequestTranscripts } from './transcripts.tsx';

export type ClassView = paths['/api/v1/classes/{id}']['get']['responses']['200']['content']['application/json'];
type Account =
  paths['/api/v1/classes/{id}/accounts']['get']['responses']['200']['content']['application/json']['items'][number];

/** `/teach/classes/:id`, `/admin/classes/:id`: the class by given name, and who can sign in. */
export function ClassPage() {
  const { id = '' } = useRoute().params;
  const [loaded] = useLoad(id, () => must(api.GET('/api/v1/classes/{id}', { params: { path: { id } } })));
  return <Show loaded={loaded}>{(data) => <Loaded data={data} />}</Show>;
}

export const schoolYearName = (year: number): string => `${year}–${year + 1}`;

function Loaded({ data }: { readonly data: ClassView }) {
  const { path } = useLocation();
  const may = useMayDo(data);
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
            ? `${t('chủ nhiệm', 'class teacher')} ${data.teacher.fullName}`
            : t('chưa có chủ nhiệm', 'no class teacher yet'),
        ].join(' · ')}
        {...(isTeaching
          ? {}
          : { back: { href: `/admin/schools/${data.organisationId}`, label: data.organisationName } })}
      >
        {may('classes.write') && (
          <>
            <a
              class="button"
              href={`/admin/people/new?as=learner&organisation=${data.organisationId}&class=${data.id}`}
            >
              {t('Thêm một học sinh', 'Add a pupil')}
            </a>
            <a class="button" href={`/admin/classes/${data.id}/edit`}>
              {t('Sửa lớp', 'Change the class')}
            </a>
          </>
        )}
        {may('accounts.invite') && data.learners.length > 0 && (
          <a class="button" href={`${path}/slips`}>
            {t('In phiếu kích hoạt', 'Print activation slips')}
          </a>
        )}
        {may('accounts.read') && data.learners.length > 0 && (
          <a class="button" href={`${path}/badges`}>
            {t('Thẻ', 'Badges')}
          </a>
        )}
        {may('marks.read') && data.learners.length > 0 && (
          <a class="button" href={`${path}/marks`}>
            {t('Điểm', 'Marks')}
          </a>
        )}
        {may('signing.request') && data.learners.length > 0 && <RequestTranscripts data={data} />}
      </Title>
      {may('accounts.read') ? <WithAccounts data={data} /> : <Learners data={data} accounts={undefined} />}
    </>
  );
}

/** How each learner stands, where the person may know it. */
function WithAccounts({ data }: { readonly data: ClassView }) {
  const [accounts] = useLoad(`accounts ${data.id}`, () =>
    must(api.GET('/api/v1/classes/{id}/accounts', { params: { path: { id: data.id } } })),
  );
  return (
    <Show loaded={accounts}>
      {({ items }) => <Learners data={data} accounts={new Map(items.map((one) => [one.personId, one]))} />}
    </Show>
  );
}

function Learners({
  data,
  accounts,
}: {
  readonly data: ClassView;
  readonly accounts: ReadonlyMap<string, Account> | undefined;
}) {
  const may = useMayDo(data);
  const [only, setOnly] = useFilter<'new'>('only');
  const [made, setMade] = useState<MadeCode>();
  const { isBusy, error, run } = useAction();
  const isActive = (id: string) => accounts?.get(id)?.status === 'active';
  const active = data.learners.filter(({ id }) => isActive(id)).length;
  const shown = only === 'new' ? data.learners.filter(({ id }) => !isActive(id)) : data.learners;
  const twins = repeated(data.learners.map(({ fullName }) => fullName));
  const forget = (person: ClassView['learners'][number]) =>
    run(async () => {
      const code = await must(api.POST('/api/v1/people/{id}/activation-code', { params: { path: { id: person.id } } }));
      if ('approval' in code) return location.assign(approvalPath(code.approval.id));
      setMade({ ...code, person });
    });
  return (
    <>
      {accounts && data.learners.length > 0 && (
        <div class="flex flex-wrap items-center gap-3">
          <p class="text-lg font-semibold mr-auto">
            {t(
              `${active} trên ${data.learners.length} em đã kích hoạt`,
              `${active} of ${data.learners.length} have activated`,
            )}
          </p>
          {active < data.learners.length && (
            <button
              type="button"
              class="button"
              aria-pressed={only === 'new'}
              onClick={() => setOnly(only === 'new' ? '' : 'new')}
            >
              {only === 'new'
                ? t('Hiện cả lớp', 'Show the whole class')
                : t('Chỉ em chưa kích hoạt', 'Only those who have not')}
            </button>
          )}
        </div>
      )}
      {error && <Banner state="bad">{error}</Banner>}
      <Table
        label={t('Danh sách học sinh', 'Pupils')}
        heads={[
          t('Họ và tên', 'Name'),
          t('Mã giáo dục', 'Education ID'),
          t('Ngày sinh', 'Born'),
          ...(accounts ? [t('Đăng nhập', 'Sign-in')] : []),
          ...(may('accounts.invite') ? [t('Giúp', 'Help')] : []),
        ]}
        empty={t('Lớp chưa có em nào.', 'There is no pupil in this class yet.')}
      >
        {shown.map((learner) => (
          <tr key={learner.id}>
            <td>
              <a class="font-semibold" href={`/admin/people/${learner.id}`}>
                {learner.fullName}
              </a>
              {twins.has(learner.fullName) && learner.birthDate && (
                <span class="text-quiet">
                  {' '}
                  ({t('sinh', 'born')} {formatDate(learner.birthDate)})
                </span>
              )}
            </td>
            <td class="max-sm:hidden!">
              <EducationId id={learner.educationId} />
            </td>
            <td class="number max-sm:hidden!">{learner.birthDate && formatDate(learner.birthDate)}</td>
            {accounts && (
              <td>
                <Standing account={accounts.get(learner.id)} />
              </td>
            )}
            {may('accounts.invite') && (
              <td class="row-act py-1!">
                <button
                  type="button"
                  class="button"
                  disabled={isBusy}
                  onClick={() => forget(learner)}
                  aria-label={`${helpName(isActive(learner.id))}: ${learner.fullName}`}
                >
                  {helpName(isActive(learner.id))}
                </button>
              </td>
            )}
          </tr>
        ))}
      </Table>
      {made && <CodeCard made={made} place={`${t('lớp', 'class')} ${data.code}`} onClose={() => setMade(undefined)} />}
    </>
  );
}

const helpName = (isActive: boolean) =>
  isActive ? t('Quên mật khẩu', 'Forgot the password') : t('Cho mã', 'Give a code');

function Standing({ account }: { readonly account: Account | undefined }) {
  switch (account?.status) {
    case 'active':
      return (
        <span class="inline-grid gap-0.5">
          <State state="good">{t('Đã kích hoạt', 'Activated')}</State>
          {account.lastSignInAt && (
            <time class="text-sm text-quiet" dateTime={account.lastSignInAt} title={formatTime(account.lastSignInAt)}>
              {t('vào', 'in')} {formatAgo(account.lastSignInAt)}
            </time>
          )}
        </span>
      );
    case 'suspended':
      return <State state="bad">{t('Đang khoá', 'Suspended')}</State>;
    default:
      return (
        <State state="plain">
          {account?.hasOpenCode ? t('Đã có mã, chưa dùng', 'Has an unused code') : t('Chưa kích hoạt', 'Not yet')}
        </State>
      );
  }
}

/** Names that stand in the list more than once. */
function repeated(names: readonly string[]): ReadonlySet<string> {
  return new Set(names.filter((name, index) => names.indexOf(name) !== index));
}

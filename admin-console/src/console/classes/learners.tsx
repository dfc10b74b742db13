import { formatAgo, formatDate, formatTime, t } from '../../design/language.ts';
import { State } from '../../design/mark.tsx';
import { Table } from '../../design/table.tsx';
import { useFilter } from '../filter.ts';
import { EducationId } from '../parts.tsx';
import { type Account, type ClassView, helpName, type Learner, markOf } from './views.ts';

/** The class as a list; without accounts it says who they are and no more. */
export function LearnerTable({
  data,
  learners,
  accounts,
  onHelp,
  isBusy,
}: {
  readonly data: ClassView;
  readonly learners: readonly Learner[];
  readonly accounts: ReadonlyMap<string, Account> | undefined;
  readonly onHelp: ((learner: Learner) => void) | undefined;
  readonly isBusy: boolean;
}) {
  const [only, setOnly] = useFilter<'new'>('only');
  const isActive = (id: string) => accounts?.get(id)?.status === 'active';
  const shown = only === 'new' ? learners.filter(({ id }) => !isActive(id)) : learners;
  return (
    <div class="grid gap-4">
      {accounts && learners.some(({ id }) => !isActive(id)) && (
        <button
          type="button"
          class="chip justify-self-start"
          aria-pressed={only === 'new' ? 'true' : 'false'}
          onClick={() => setOnly(only === 'new' ? '' : 'new')}
        >
          {t('Chỉ em chưa kích hoạt', 'Only those who have not')}
        </button>
      )}
      <Table
        label={t('Danh sách học sinh', 'Pupils')}
        heads={[
          t('Họ và tên', 'Name'),
          t('Mã giáo dục', 'Education ID'),
          t('Ngày sinh', 'Born'),
          ...(accounts ? [t('Đăng nhập', 'Sign-in')] : []),
          ...(onHelp ? [t('Giúp', 'Help')] : []),
        ]}
      >
        {shown.map((learner) => (
          <tr key={learner.id}>
            <td>
              <a href={`/admin/people/${learner.id}`}>{learner.fullName}</a>
              {markOf(data, learner) && <span class="block text-sm text-quiet sm:hidden">{markOf(data, learner)}</span>}
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
            {onHelp && (
              <td class="row-act py-1.5!">
                <button
                  type="button"
                  class="button button-small"
                  disabled={isBusy}
                  onClick={() => onHelp(learner)}
                  aria-label={`${helpName(accounts?.get(learner.id))}: ${learner.fullName}`}
                >
                  {helpName(accounts?.get(learner.id))}
                </button>
              </td>
            )}
          </tr>
        ))}
      </Table>
    </div>
  );
}

/** Whether the learner can sign in, and when they last did. */
export function Standing({ account }: { readonly account: Account | undefined }) {
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

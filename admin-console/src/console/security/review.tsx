import { useRoute } from 'preact-iso';
import { api, must } from '../../design/api.ts';
import { ActButton } from '../../design/dialog.tsx';
import { formatAgo, formatDate, formatNumber, t } from '../../design/language.ts';
import { useLoad } from '../../design/load.ts';
import { State } from '../../design/mark.tsx';
import { Row, Ruled } from '../../design/ruled.tsx';
import { Empty, Show } from '../../design/show.tsx';
import type { paths } from '../../generated/api.d.ts';
import { Title } from '../parts.tsx';
import { roleName } from '../words.ts';

type Review =
  paths['/api/v1/organisations/{id}/account-review']['get']['responses']['200']['content']['application/json'];
type Account = Review['accounts'][number];

/** `/admin/schools/:id/review`: who has an account here, by the four kinds; confirming it is the evidence of a review. */
export function AccountReview() {
  const { id = '' } = useRoute().params;
  const params = { params: { path: { id } } };
  const [loaded, reload] = useLoad(`review ${id}`, async () => ({
    school: await must(api.GET('/api/v1/organisations/{id}', params)),
    review: await must(api.GET('/api/v1/organisations/{id}/account-review', params)),
  }));
  return (
    <Show loaded={loaded}>
      {({ school, review: { accounts, digest, lastReviewedAt, dueAt } }) => (
        <>
          <Title
            title={t('Rà soát tài khoản', 'Review of accounts')}
            back={{ href: `/admin/schools/${id}`, label: school.name }}
            note={
              lastReviewedAt && dueAt
                ? t(
                    `Lần trước ${formatDate(lastReviewedAt)}, lần tới trước ${formatDate(dueAt)}.`,
                    `Last on ${formatDate(lastReviewedAt)}, next by ${formatDate(dueAt)}.`,
                  )
                : t('Chưa rà soát lần nào. Mỗi quý một lần.', 'Never reviewed. It is due every quarter.')
            }
          >
            <ActButton
              primary
              label={t('Xác nhận đã rà soát', 'Confirm the review')}
              question={t(
                `Đã xem cả ${formatNumber(accounts.length)} tài khoản?`,
                `Did you go through all ${formatNumber(accounts.length)} accounts?`,
              )}
              confirm={t('Xác nhận', 'Confirm')}
              reason={t('Ghi chú (ai đã khoá, vì sao)', 'A note (whom you suspended, and why)')}
              onConfirm={async (note) => {
                await must(
                  api.POST('/api/v1/organisations/{id}/account-review', { ...params, body: { digest, note } }),
                );
                reload();
              }}
            >
              <p>
                {t(
                  'Dấu vân tay của đúng danh sách này được ghi vào nhật ký làm bằng chứng.',
                  'The digest of exactly this list goes into the log as evidence.',
                )}
              </p>
            </ActButton>
          </Title>
          {accounts.length === 0 ? (
            <Empty icon="users">{t('Chưa có tài khoản cán bộ nào.', 'There is no account of staff yet.')}</Empty>
          ) : (
            kinds().map(([kind, name]) => (
              <OfKind key={kind} name={name} accounts={accounts.filter((one) => one.kind === kind)} />
            ))
          )}
        </>
      )}
    </Show>
  );
}

const kinds = (): readonly (readonly [Account['kind'], string])[] => [
  ['administration', t('Quản trị', 'Administration')],
  ['operation', t('Tác nghiệp', 'Operation')],
  ['technical', t('Kỹ thuật', 'Technical')],
  ['service', t('Dịch vụ', 'Services')],
];

function OfKind({ name, accounts }: { readonly name: string; readonly accounts: readonly Account[] }) {
  if (accounts.length === 0) return null;
  return (
    <section class="grid gap-3">
      <h2>
        {name} · {formatNumber(accounts.length)}
      </h2>
      <Ruled onMargin isTight label={name}>
        {accounts.map(({ id, name: whose, kind, roles, status, lastUsedAt }) => (
          <Row
            key={id}
            title={
              <a
                href={kind === 'service' ? `/admin/apps/${id}` : `/admin/people/${id}`}
                class="no-underline text-ink hover:underline"
              >
                {whose}
              </a>
            }
            note={[
              ...roles.map(roleName),
              lastUsedAt
                ? `${t('dùng', 'used')} ${formatAgo(lastUsedAt)}`
                : kind !== 'service' && t('chưa dùng', 'never used'),
            ]
              .filter(Boolean)
              .join(' · ')}
            act={status === 'suspended' && <State state="plain">{t('Đang khoá', 'Suspended')}</State>}
          />
        ))}
      </Ruled>
    </section>
  );
}

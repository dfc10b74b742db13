import { api, must } from '../../design/api.ts';
import { formatAgo, formatNumber, formatTime, t } from '../../design/language.ts';
import { useLoad } from '../../design/load.ts';
import { Row, Ruled } from '../../design/ruled.tsx';
import { Show } from '../../design/show.tsx';
import type { AppHealth, AppView } from './views.ts';

/** How the app has been running for a week, and what needs its developer: what is well says so in a line. */
export function Health({ app }: { readonly app: AppView }) {
  const [health] = useLoad(`health ${app.clientId}`, () =>
    must(api.GET('/api/v1/apps/{clientId}/health', { params: { path: { clientId: app.clientId } } })),
  );
  return (
    <section class="grid gap-4 min-w-0" aria-labelledby="health">
      <h2 id="health">{t('Bảy ngày qua', 'The last seven days')}</h2>
      <Show loaded={health}>
        {(data) => (
          <Ruled isTight>
            <Entries health={data} />
            <Refusals health={data} />
            {app.kind === 'web' && <Logouts logouts={data.logouts} />}
            {data.previousSecretUntil && (
              <Row
                mark="warn"
                title={t('Mã bí mật cũ sắp hết dùng', 'The old secret ends soon')}
                note={t(
                  `Thay bằng mã mới trước ${formatTime(data.previousSecretUntil)}.`,
                  `Change to the new one before ${formatTime(data.previousSecretUntil)}.`,
                )}
              />
            )}
          </Ruled>
        )}
      </Show>
    </section>
  );
}

function Entries({ health: { entered, lastEnteredAt } }: { readonly health: AppHealth }) {
  const last = lastEnteredAt
    ? t(`Gần nhất ${formatAgo(lastEnteredAt)}.`, `Last ${formatAgo(lastEnteredAt)}.`)
    : undefined;
  return entered === 0 ? (
    <Row mark="later" title={t('Không ai vào', 'Nobody came in')} note={last} />
  ) : (
    <Row mark="good" title={t(`${formatNumber(entered)} lượt vào`, `${formatNumber(entered)} sign-ins`)} note={last} />
  );
}

/** One in five refused is more than people's slips: something is set wrongly. */
function Refusals({ health: { entered, refused } }: { readonly health: AppHealth }) {
  if (refused === 0) return null;
  return (
    <Row
      mark={refused * 5 > entered + refused ? 'bad' : 'later'}
      title={t(`${formatNumber(refused)} yêu cầu bị từ chối`, `${formatNumber(refused)} requests were refused`)}
      note={t('Lý do chính xác ở «Yêu cầu gần nhất».', 'The exact reasons are under “Last requests”.')}
    />
  );
}

function Logouts({ logouts }: { readonly logouts: AppHealth['logouts'] }) {
  if (!logouts) {
    return (
      <Row
        mark="warn"
        title={t('Không được báo khi có người đăng xuất', 'Is not notified of sign-outs')}
        note={t('Máy dùng chung cần nó.', 'Shared computers need it.')}
      />
    );
  }
  const late = logouts.retrying + logouts.givenUp;
  return late === 0 ? (
    <Row mark="good" title={t('Nhận mọi báo đăng xuất', 'Takes every notice of a sign-out')} />
  ) : (
    <Row
      mark="bad"
      title={t(`${formatNumber(late)} báo đăng xuất chưa nhận`, `${formatNumber(late)} notices of sign-outs not taken`)}
      note={
        <span class="grid gap-1">
          {logouts.retrying > 0 && <span>{t('Đang gửi lại.', 'They are sent again.')}</span>}
          {logouts.lastError && <span class="code text-sm whitespace-normal!">{logouts.lastError}</span>}
        </span>
      }
    />
  );
}

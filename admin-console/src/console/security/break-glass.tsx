import { api, must } from '../../design/api.ts';
import { ActButton } from '../../design/dialog.tsx';
import { Banner } from '../../design/form.tsx';
import { formatNumber, formatTime, t } from '../../design/language.ts';
import { useLoad } from '../../design/load.ts';
import { State } from '../../design/mark.tsx';
import { Row, Ruled } from '../../design/ruled.tsx';
import { Show } from '../../design/show.tsx';
import type { paths } from '../../generated/api.d.ts';
import { useMe } from '../me.ts';
import { eventName, roleName } from '../words.ts';

type Glass = paths['/api/v1/break-glass']['get']['responses']['200']['content']['application/json']['items'][number];

const ask = async () => (await must(api.GET('/api/v1/break-glass'))).items;

/** On every page of every officer, until two others have reviewed what was done. */
export function BreakGlassBanner() {
  const me = useMe();
  const sees = me.permissions.includes('security.read');
  const [loaded] = useLoad('break glass', async () => (sees ? await ask() : []));
  const glass = (loaded.state === 'ready' ? loaded.data : []).find(({ state }) => state !== 'reviewed');
  if (!glass) return null;
  const { person, role, endsAt, state } = glass;
  return (
    <div class="no-print mb-6">
      <Banner state={state === 'open' ? 'bad' : 'warn'}>
        {state === 'open'
          ? t(
              `Truy cập khẩn cấp: ${person.fullName} giữ vai trò ${roleName(role)} tới ${formatTime(endsAt)}.`,
              `Break-glass: ${person.fullName} is ${roleName(role)} until ${formatTime(endsAt)}.`,
            )
          : t(
              'Truy cập khẩn cấp đã hết, chờ hai người rà soát.',
              'Break-glass is over and waits for two reviewers.',
            )}{' '}
        <a href="/admin/security">{t('Xem', 'Look')}</a>
      </Banner>
    </div>
  );
}

/** Who got in by broken glass, what they did, and the review of it. */
export function BreakGlass() {
  const [loaded, reload] = useLoad('break glasses', ask);
  return (
    <Show loaded={loaded}>
      {(glasses) =>
        glasses.length === 0 ? null : (
          <section class="grid gap-5">
            <h2>{t('Truy cập khẩn cấp', 'Break-glass access')}</h2>
            {glasses.map((glass) => (
              <One key={glass.id} glass={glass} onReviewed={reload} />
            ))}
          </section>
        )
      }
    </Show>
  );
}

function One({ glass, onReviewed }: { readonly glass: Glass; readonly onReviewed: () => void }) {
  const { id, person, role, reason, openedBy, openedAt, endsAt, state, acts, digest, reviews, mayReview } = glass;
  const count = acts.length;
  return (
    <article class="grid gap-3">
      <div class="flex flex-wrap items-baseline justify-between gap-3">
        <h3>
          {person.fullName} · {roleName(role)}
        </h3>
        {state === 'reviewed' ? (
          <State state="good">{t('Đã rà soát', 'Reviewed')}</State>
        ) : (
          <State state={state === 'open' ? 'bad' : 'warn'}>
            {state === 'open'
              ? t('Đang mở', 'Open')
              : t(`Chờ rà soát, ${reviews.length}/2`, `To review, ${reviews.length} of 2`)}
          </State>
        )}
      </div>
      <p class="text-quiet">
        {formatTime(openedAt)} – {formatTime(endsAt)} · {t('từ máy chủ', 'at the server')}{' '}
        <span class="code">{openedBy}</span>
      </p>
      <p>{reason}</p>
      <details>
        <summary>{t(`${formatNumber(count)} việc đã làm`, `${formatNumber(count)} acts`)}</summary>
        <Ruled isTight label={t('Việc đã làm', 'What was done')}>
          {acts.map((act) => (
            <Row key={act.id} mark="dot" title={eventName(act.type)} note={formatTime(act.at)} />
          ))}
        </Ruled>
      </details>
      {reviews.map(({ by, at }) => (
        <p key={by.id} class="text-quiet">
          {t('Đã rà soát', 'Reviewed')}: {by.fullName}, {formatTime(at)}
        </p>
      ))}
      {mayReview && (
        <p>
          <ActButton
            primary
            label={t('Xác nhận đã rà soát', 'Confirm the review')}
            question={t(
              `Đã xem cả ${formatNumber(count)} việc?`,
              `Did you go through all ${formatNumber(count)} acts?`,
            )}
            confirm={t('Xác nhận', 'Confirm')}
            reason={t('Nhận xét (điều gì phải làm lại, vì sao)', 'A note (what has to be undone, and why)')}
            onConfirm={async (note) => {
              await must(
                api.POST('/api/v1/break-glass/{id}/reviews', { params: { path: { id } }, body: { digest, note } }),
              );
              onReviewed();
            }}
          >
            <p>
              {t(
                'Dấu vân tay của đúng danh sách này được ghi vào nhật ký. Cần hai người khác nhau.',
                'The digest of exactly this list goes into the log. It takes two different people.',
              )}
            </p>
          </ActButton>
        </p>
      )}
    </article>
  );
}

import { api, must } from '../../design/api.ts';
import { type Column, Columns, Figure, Legend, Meter } from '../../design/chart.tsx';
import { formatNumber, t } from '../../design/language.ts';
import { useLoad } from '../../design/load.ts';
import { Row, Ruled } from '../../design/ruled.tsx';
import type { paths } from '../../generated/api.d.ts';

type Day = paths['/api/v1/sign-ins']['get']['responses']['200']['content']['application/json'];

const hourFormat = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', hour12: false, timeZone: 'Asia/Ho_Chi_Minh' });

/** How the day goes: sign-ins by hour beside the week before, and the schools from which few come. */
export function SignIns() {
  const [loaded] = useLoad('sign-ins', () => must(api.GET('/api/v1/sign-ins')));
  if (loaded.state !== 'ready' || loaded.data.hours.length === 0) return null;
  return <Today day={loaded.data} now={Number(hourFormat.format(new Date()))} />;
}

function Today({ day: { hours, behind }, now }: { readonly day: Day; readonly now: number }) {
  const soFar = hours.filter(({ hour }) => hour <= now);
  const total = sum(soFar.map(({ count }) => count));
  const before = sum(soFar.map(({ weekBefore }) => weekBefore));
  const busiest = hours.reduce((most, one) => (one.count > most.count ? one : most));
  return (
    <>
      <section class="grid gap-4 min-w-0" aria-labelledby="sign-ins">
        <h2 id="sign-ins">{t('Đăng nhập hôm nay', 'Sign-ins today')}</h2>
        <div class="flex flex-wrap gap-x-12 gap-y-4">
          <Figure value={formatNumber(total)} label={t('lượt vào', 'sign-ins')} />
          {before > 0 && (
            <Figure
              value={`${formatNumber(Math.round((total / before) * 100))} %`}
              label={t('so với giờ này tuần trước', 'of the week before, by this hour')}
            />
          )}
        </div>
        <Columns
          label={
            busiest.count === 0
              ? t('Hôm nay chưa có ai đăng nhập.', 'Nobody has signed in today yet.')
              : t(
                  `Đông nhất lúc ${busiest.hour} giờ: ${formatNumber(busiest.count)} lượt vào.`,
                  `Busiest at ${busiest.hour}:00: ${formatNumber(busiest.count)} sign-ins.`,
                )
          }
          heads={[t('Giờ', 'Hour'), t('Lượt vào', 'Sign-ins')]}
          columns={schoolDay(hours).map((one) => columnOf(one, now))}
        />
        {hours.some(({ weekBefore }) => weekBefore > 0) && (
          <Legend
            shares={[
              { fill: 'main', label: t('lượt vào', 'sign-ins') },
              { fill: 'before', label: t('cùng ngày tuần trước', 'the same day last week') },
            ]}
          />
        )}
      </section>
      {behind.length > 0 && (
        <section class="grid gap-3" aria-labelledby="behind">
          <h2 id="behind">{t('Trường cần hỏi thăm', 'Schools to ask after')}</h2>
          <p class="text-quiet">
            {t(
              'Từ sáng tới giờ chưa bằng nửa cùng ngày tuần trước: có thể mất mạng, hay nghỉ học.',
              'Less than half of the same day last week so far: no network perhaps, or no school.',
            )}
          </p>
          <Ruled isTight>
            {behind.map(({ id, name, count, weekBefore }) => (
              <Row
                key={id}
                title={<a href={`/admin/schools/${id}`}>{name}</a>}
                act={
                  <span class="inline-flex items-center gap-3">
                    <span class="number">
                      {t(
                        `${formatNumber(count)} trên ${formatNumber(weekBefore)}`,
                        `${formatNumber(count)} of ${formatNumber(weekBefore)}`,
                      )}
                    </span>
                    <Meter part={count / weekBefore} label={t('so với tuần trước', 'against the week before')} />
                  </span>
                }
              />
            ))}
          </Ruled>
        </section>
      )}
    </>
  );
}

/** From five to twenty-two, and every hour in which somebody came. */
function schoolDay(hours: Day['hours']): Day['hours'] {
  const came = hours.filter(({ count, weekBefore }) => count > 0 || weekBefore > 0).map(({ hour }) => hour);
  const [first, last] = [Math.min(5, ...came), Math.max(22, ...came)];
  return hours.filter(({ hour }) => hour >= first && hour <= last);
}

const columnOf = ({ hour, count, weekBefore }: Day['hours'][number], now: number): Column => ({
  key: String(hour),
  axis: hour % 3 === 0 ? `${hour}:00` : '',
  name: `${hour}:00`,
  count,
  ...(weekBefore > 0 ? { before: weekBefore } : {}),
  isNow: hour === now,
});

const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0);

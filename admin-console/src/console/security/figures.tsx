import { useState } from 'preact/hooks';
import { api, must } from '../../design/api.ts';
import { Columns, Figure } from '../../design/chart.tsx';
import { Segments } from '../../design/choices.tsx';
import { formatDate, formatNumber, t } from '../../design/language.ts';
import { useLoad } from '../../design/load.ts';
import { Row, Ruled } from '../../design/ruled.tsx';
import { Show } from '../../design/show.tsx';
import type { paths } from '../../generated/api.d.ts';

type Answer = paths['/api/v1/security/figures']['get']['responses']['200']['content']['application/json'];
type Kind = 'guessing' | 'locked' | 'newDevices' | 'questioned' | 'privileged';

const words = (): Readonly<Record<Kind, string>> => ({
  guessing: t('đợt thử sai', 'series of wrong tries'),
  locked: t('lần khoá', 'locks'),
  newDevices: t('thiết bị mới', 'new devices'),
  questioned: t('lượt vào lạ, hỏi thêm', 'unusual sign-ins'),
  privileged: t('việc đặc quyền', 'privileged acts'),
});
const kinds: readonly Kind[] = ['guessing', 'locked', 'newDevices', 'questioned', 'privileged'];

/** What officers watch: thirty days in numbers, one of them day by day, and where most of it was. No names. */
export function SecurityFigures() {
  const [loaded] = useLoad('security figures', () => must(api.GET('/api/v1/security/figures')));
  return <Show loaded={loaded}>{(data) => <Thirty data={data} />}</Show>;
}

function Thirty({ data: { days, organisations } }: { readonly data: Answer }) {
  const [kind, setKind] = useState<Kind>('guessing');
  const word = words();
  const total = (one: Kind) => days.reduce((sum, day) => sum + day[one], 0);
  return (
    <section class="grid gap-5 min-w-0" aria-labelledby="watched">
      <h2 id="watched">{t('Ba mươi ngày qua', 'The last thirty days')}</h2>
      <div class="flex flex-wrap gap-x-12 gap-y-4">
        {kinds.map((one) => (
          <Figure key={one} value={formatNumber(total(one))} label={word[one]} />
        ))}
      </div>
      <Segments
        label={t('Xem theo ngày', 'Day by day')}
        value={kind}
        onChoose={setKind}
        options={kinds.map((one) => ({ value: one, label: word[one] }))}
      />
      <Columns
        label={t(
          `Hôm nay ${formatNumber(days.at(-1)?.[kind] ?? 0)} ${word[kind]}.`,
          `${formatNumber(days.at(-1)?.[kind] ?? 0)} ${word[kind]} today.`,
        )}
        heads={[t('Ngày', 'Day'), word[kind]]}
        columns={days.map((day, index) => ({
          key: day.day,
          axis: index % 7 === days.length % 7 ? formatDate(day.day).slice(0, 5) : '',
          name: formatDate(day.day),
          count: day[kind],
          isNow: index === days.length - 1,
        }))}
      />
      {organisations.length > 0 && (
        <Ruled onMargin isTight label={t('Nơi cần hỏi thăm', 'Where to look')}>
          {organisations.map((one) => (
            <Row
              key={one.id}
              mark="warn"
              title={one.name}
              note={kinds
                .filter((kindOfRow) => one[kindOfRow] > 0)
                .map((kindOfRow) => `${formatNumber(one[kindOfRow])} ${word[kindOfRow]}`)
                .join(' · ')}
            />
          ))}
        </Ruled>
      )}
    </section>
  );
}

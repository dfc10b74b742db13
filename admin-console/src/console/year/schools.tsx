import { api, must } from '../../design/api.ts';
import { Legend, type Share, Shares } from '../../design/chart.tsx';
import { formatNumber, t } from '../../design/language.ts';
import { State } from '../../design/mark.tsx';
import { type RowMark, RowMarkShape, Ruled } from '../../design/ruled.tsx';
import { Show } from '../../design/show.tsx';
import { usePages } from '../pages.ts';
import { More } from '../parts.tsx';
import { schoolState, type YearPlan, type YearSchool } from './words.ts';

/** Every school with what it has and will have: what needs somebody first, then the largest. */
export function YearSchools({ plan }: { readonly plan: YearPlan }) {
  const { loaded, more } = usePages(`schools of ${plan.id} ${plan.state}`, (cursor) =>
    must(
      api.GET('/api/v1/year-plans/{id}/schools', {
        params: { path: { id: plan.id }, query: { limit: 50, ...(cursor ? { cursor } : {}) } },
      }),
    ),
  );
  const shares: readonly Pick<Share, 'fill' | 'label'>[] = [
    { fill: 'changed', label: t('lên lớp', 'go up') },
    { fill: 'left', label: t('ra trường', 'graduate') },
  ];
  return (
    <section class="grid gap-4">
      <h2>{t('Theo trường', 'By school')}</h2>
      <Legend shares={shares} />
      <Show loaded={loaded}>
        {(schools) => {
          const most = Math.max(1, ...schools.map(({ learners }) => learners));
          return (
            <Ruled onMargin isTight>
              {schools.map((one) => (
                <School key={one.id} school={one} most={most} />
              ))}
            </Ruled>
          );
        }}
      </Show>
      {more && <More onClick={more} />}
    </section>
  );
}

const marks: Readonly<Record<YearSchool['state'], RowMark>> = {
  waiting: 'now',
  ready: 'dot',
  stopped: 'warn',
  empty: 'dot',
  applied: 'good',
  failed: 'bad',
  undone: 'dot',
};

function School({ school, most }: { readonly school: YearSchool; readonly most: number }) {
  const { id, name, state, reason, planId, learners, up, graduating, classesBefore, classesAfter } = school;
  const said = schoolState(state);
  const href = planId ? `/admin/import?plan=${planId}` : `/admin/import/roll-over?organisation=${id}`;
  return (
    <li>
      <RowMarkShape mark={marks[state]} />
      <div class="grid sm:grid-cols-[minmax(9rem,16rem)_minmax(0,1fr)_auto] gap-x-5 gap-y-1 items-center">
        <a class="font-semibold" href={href}>
          {name}
        </a>
        <Shares
          of={most}
          shares={[
            { fill: 'changed', label: '', count: up },
            { fill: 'left', label: '', count: graduating },
          ]}
        />
        <span class="text-sm text-quiet">
          {learners === 0
            ? ''
            : t(
                `${formatNumber(learners)} em · ${classesBefore} → ${classesAfter} lớp · ${formatNumber(graduating)} ra trường`,
                `${formatNumber(learners)} learners · ${classesBefore} → ${classesAfter} classes · ${formatNumber(graduating)} graduate`,
              )}
        </span>
        {said && (
          <p class="text-sm sm:col-span-3 flex flex-wrap items-center gap-x-3 gap-y-1">
            <State state={said.state}>{said.word}</State>
            <span class="inline-block first-letter:uppercase">{reason ?? said.note}</span>
          </p>
        )}
      </div>
    </li>
  );
}

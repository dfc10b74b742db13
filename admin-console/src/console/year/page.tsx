import { useState } from 'preact/hooks';
import { useLocation, useRoute } from 'preact-iso';
import { api, must } from '../../design/api.ts';
import { Progress } from '../../design/bar.tsx';
import { ActButton } from '../../design/dialog.tsx';
import { Banner } from '../../design/form.tsx';
import { formatDate, formatNumber, t } from '../../design/language.ts';
import { useLive } from '../../design/live.ts';
import { useAction, useLoad } from '../../design/load.ts';
import { State } from '../../design/mark.tsx';
import { Empty, Show } from '../../design/show.tsx';
import { schoolYearName } from '../classes/views.ts';
import { useMe } from '../me.ts';
import { Title } from '../parts.tsx';
import { useProposed } from '../proposed.ts';
import { YearSchools } from './schools.tsx';
import { standingOf, stateName, type YearPlan } from './words.ts';

/** `/admin/import/year`: the new school year of every school of the city, or of a ward, as one plan. */
export function YearOfCity() {
  const { roles } = useMe();
  const place = roles.find(({ organisation }) => organisation.kind === 'department' || organisation.kind === 'ward');
  return place ? (
    <Newest organisationId={place.organisation.id} />
  ) : (
    <Title title={t('Lên lớp năm học mới', 'The new school year')} back={backToImport()} />
  );
}

const backToImport = () => ({ href: '/admin/import', label: t('Nhập danh sách', 'Import') });

function Newest({ organisationId }: { readonly organisationId: string }) {
  const path = { params: { path: { id: organisationId } } };
  const [loaded, reload] = useLoad(organisationId, () => must(api.GET('/api/v1/organisations/{id}/year-plan', path)));
  const { isBusy, error, run } = useAction();
  const begin = () =>
    run(async () => {
      await must(api.POST('/api/v1/organisations/{id}/year-plan', path));
      reload();
    });
  const isOver = (plan: YearPlan) => plan.state === 'undone' || (plan.state === 'applied' && !plan.undoUntil);
  return (
    <Show loaded={loaded}>
      {({ plan }) =>
        plan && !isOver(plan) ? (
          <Plan id={plan.id} first={plan} onGone={reload} />
        ) : (
          <>
            <Title
              title={t('Lên lớp năm học mới', 'The new school year')}
              back={backToImport()}
              note={t(
                'Mọi trường lên lớp trong một kế hoạch: xem trước từng trường, người thứ hai duyệt, hoàn tác được trong 7 ngày.',
                'Every school moves up in one plan: seen school by school, approved by a second person, undone within seven days.',
              )}
            >
              <a class="button" href="/admin/import/roll-over">
                {t('Riêng một trường', 'One school alone')}
              </a>
              <button type="button" class="button button-primary" disabled={isBusy} onClick={begin}>
                {t('Lập kế hoạch', 'Make the plan')}
              </button>
            </Title>
            {error && <Banner state="bad">{error}</Banner>}
            <Empty icon="graduation-cap">
              {t(
                'Năm học mới mở từ ngày 1/8. Lập kế hoạch chưa ghi gì.',
                'The new year opens on 1 August. Making a plan writes nothing.',
              )}
            </Empty>
          </>
        )
      }
    </Show>
  );
}

/** `/admin/import/year/:id` */
export function YearPlanPage() {
  const { id = '' } = useRoute().params;
  const { route } = useLocation();
  const [loaded] = useLoad(id, () => must(api.GET('/api/v1/year-plans/{id}', { params: { path: { id } } })));
  return (
    <Show loaded={loaded}>{(plan) => <Plan id={id} first={plan} onGone={() => route('/admin/import/year')} />}</Show>
  );
}

function Plan({ id, first, onGone }: { readonly id: string; readonly first: YearPlan; readonly onGone: () => void }) {
  const [plan, setPlan] = useState(first);
  const ask = async () => {
    setPlan(await must(api.GET('/api/v1/year-plans/{id}', { params: { path: { id } } })));
  };
  useLive(`/api/v1/year-plans/${id}`, ask, 2_000);
  const { state, schoolYear, organisation, appliedAt, undoUntil } = plan;
  return (
    <>
      <Title
        title={t(`Năm học ${schoolYearName(schoolYear)}`, `School year ${schoolYearName(schoolYear)}`)}
        back={backToImport()}
        note={
          <>
            {organisation.name} · <State state={standingOf[state]}>{stateName(state)}</State>
          </>
        }
      >
        <a class="button" href="/admin/import/roll-over">
          {t('Riêng một trường', 'One school alone')}
        </a>
      </Title>
      <Moving plan={plan} />
      <Figures plan={plan} />
      {appliedAt && state === 'applied' && (
        <Banner state="good">
          {t(
            `Đã áp dụng ngày ${formatDate(appliedAt)}.${undoUntil ? ` Hoàn tác được tới ${formatDate(undoUntil)}.` : ''}`,
            `Applied on ${formatDate(appliedAt)}.${undoUntil ? ` It can be undone until ${formatDate(undoUntil)}.` : ''}`,
          )}
        </Banner>
      )}
      <Acts plan={plan} onDone={ask} onGone={onGone} />
      <YearSchools key={`${state} ${plan.schools.waiting === 0}`} plan={plan} />
    </>
  );
}

/** What a job is doing now; it goes on without this page. */
function Moving({ plan: { state, schools } }: { readonly plan: YearPlan }) {
  const all = Object.values(schools).reduce((sum, count) => sum + count, 0);
  const left = state === 'preparing' ? schools.waiting : state === 'applying' ? schools.ready : schools.applied;
  if (state !== 'preparing' && state !== 'applying' && state !== 'undoing') return null;
  const done = all - left;
  return (
    <section class="card p-6! grid gap-3" aria-label={t('Tiến độ', 'Progress')}>
      <Progress part={all === 0 ? 0 : done / all}>
        {t(
          `${formatNumber(done)} trên ${formatNumber(all)} trường. Có thể rời trang này; việc vẫn tiếp tục.`,
          `${formatNumber(done)} of ${formatNumber(all)} schools. You may leave this page: the work goes on.`,
        )}
      </Progress>
    </section>
  );
}

function Figures({ plan }: { readonly plan: YearPlan }) {
  const { learners, up, graduating, classesBefore, classesAfter, schools } = plan;
  return (
    <dl class="facts">
      <dt>{t('Trước', 'Before')}</dt>
      <dd>
        {t(
          `${formatNumber(learners)} em trong ${formatNumber(classesBefore)} lớp`,
          `${formatNumber(learners)} learners in ${formatNumber(classesBefore)} classes`,
        )}
      </dd>
      <dt>{t('Sau', 'After')}</dt>
      <dd>
        {t(
          `${formatNumber(up)} em lên lớp trong ${formatNumber(classesAfter)} lớp mới, ${formatNumber(graduating)} em ra trường`,
          `${formatNumber(up)} go up into ${formatNumber(classesAfter)} new classes, ${formatNumber(graduating)} graduate`,
        )}
      </dd>
      <dt>{t('Để lại', 'Left out')}</dt>
      <dd>
        {t(
          `${formatNumber(schools.stopped)} trường có việc phải xem, ${formatNumber(schools.empty)} trường đã xong từ trước`,
          `${formatNumber(schools.stopped)} schools need a look, ${formatNumber(schools.empty)} are done already`,
        )}
        {schools.failed > 0 &&
          ` · ${t(`${formatNumber(schools.failed)} trường chưa làm được`, `${formatNumber(schools.failed)} schools failed`)}`}
      </dd>
    </dl>
  );
}

function Acts({
  plan,
  onDone,
  onGone,
}: {
  readonly plan: YearPlan;
  readonly onDone: () => Promise<void>;
  readonly onGone: () => void;
}) {
  const proposed = useProposed();
  const { isBusy, error, run } = useAction();
  const params = { params: { path: { id: plan.id } } };
  if (plan.isAsked)
    return (
      <p>
        <a class="button button-primary" href={`/admin/approvals/${plan.approvalId}`}>
          {t('Xem việc hai người', 'See the two-person act')}
        </a>
      </p>
    );
  const isReady = plan.state === 'ready';
  return (
    <section class="grid gap-3">
      {error && <Banner state="bad">{error}</Banner>}
      <div class="flex flex-wrap gap-3">
        {isReady && plan.schools.ready > 0 && (
          <button
            type="button"
            class="button button-primary"
            disabled={isBusy}
            onClick={() =>
              run(async () => {
                proposed(await must(api.POST('/api/v1/year-plans/{id}/release', params)));
              })
            }
          >
            {t('Đề nghị người thứ hai duyệt', 'Ask a second person')}
          </button>
        )}
        {isReady && plan.schools.stopped + plan.schools.empty > 0 && (
          <button
            type="button"
            class={plan.schools.ready > 0 ? 'button' : 'button button-primary'}
            disabled={isBusy}
            onClick={() =>
              run(async () => {
                await must(api.POST('/api/v1/year-plans/{id}/again', params));
                await onDone();
              })
            }
          >
            {t('Xem lại các trường để lại', 'Look again at those left out')}
          </button>
        )}
        {isReady && (
          <ActButton
            label={t('Bỏ kế hoạch', 'Discard the plan')}
            question={t('Bỏ kế hoạch này?', 'Discard this plan?')}
            confirm={t('Bỏ', 'Discard it')}
            onConfirm={async () => {
              await must(api.POST('/api/v1/year-plans/{id}/discard', params));
              onGone();
            }}
          />
        )}
        {plan.undoUntil && plan.schools.applied > 0 && (
          <ActButton
            bad
            label={t('Hoàn tác cả thành phố', 'Undo all of it')}
            question={t('Đề nghị hoàn tác?', 'Propose to undo it?')}
            confirm={t('Đề nghị', 'Propose it')}
            onConfirm={async () => {
              proposed(await must(api.POST('/api/v1/year-plans/{id}/undo', params)));
            }}
          >
            <p>
              {t(
                'Người thứ hai duyệt, rồi mỗi trường trở lại đúng như trước. Trường nào có hồ sơ đã đổi sau đó được để lại, có tên.',
                'A second person approves, then every school is as before. A school with records changed since is left out by name.',
              )}
            </p>
          </ActButton>
        )}
      </div>
    </section>
  );
}

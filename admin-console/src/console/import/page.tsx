import { useEffect, useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import { api, must, Refused } from '../../design/api.ts';
import { formOf } from '../../design/file.ts';
import { Banner } from '../../design/form.tsx';
import { Icon } from '../../design/icon.tsx';
import { formatNumber, t } from '../../design/language.ts';
import { useAction, useLoad } from '../../design/load.ts';
import { State } from '../../design/mark.tsx';
import { Row, Ruled } from '../../design/ruled.tsx';
import { Show, Skeleton } from '../../design/show.tsx';
import { useMe } from '../me.ts';
import { Ago, Title } from '../parts.tsx';
import { type Chosen, ColumnsStep } from './columns.tsx';
import { FileStep } from './file.tsx';
import { type Inspection, type Kind, type Plan, rosterKinds, templateLink } from './kinds.ts';
import { PlanStep, planTitle } from './plan.tsx';
import { Steps } from './steps.tsx';

interface Given {
  readonly file: File;
  readonly inspection: Inspection;
}

/** `/admin/import`: from a file to exactly what was seen. `?kind=`, `?organisation=`, `?plan=` lead into the middle of it. */
export function Import() {
  const { query, route } = useLocation();
  const { permissions, roles } = useMe();
  const asked = rosterKinds().find(({ kind, permission }) => kind === query.kind && permissions.includes(permission));
  const [kind, setKind] = useState<Kind>(asked?.kind ?? 'learners');
  const only = roles.length === 1 && roles[0]?.organisation.kind === 'school' ? roles[0].organisation.id : '';
  const isAbove = roles.some(({ organisation }) => organisation.kind === 'department' || organisation.kind === 'ward');
  const [organisationId, setOrganisation] = useState(query.organisation ?? only);
  const [given, setGiven] = useState<Given>();
  const [plan, setPlan] = useState<Plan>();
  const { isBusy, error, run } = useAction();
  const [lacks, setLacks] = useState(false);

  useEffect(() => {
    const id = query.plan;
    if (!id || plan?.id === id) return;
    run(async () => setPlan(await must(api.GET('/api/v1/roster/plans/{id}', { params: { path: { id } } }))));
  }, [query.plan]);

  const inspect = (file: File, sheet?: string) =>
    run(async () => {
      setLacks(false);
      try {
        const inspection = await must(
          api.POST('/api/v1/roster/columns', {
            params: { query: { kind } },
            body: formOf({ organisationId, sheet: sheet ?? '' }, file) as never,
            bodySerializer: (body) => body as unknown as FormData,
          }),
        );
        setGiven({ file, inspection });
      } catch (caught) {
        setLacks(caught instanceof Refused && caught.problem.code.startsWith('roster/'));
        throw caught;
      }
    });
  const preview = (chosen: Chosen) =>
    run(async () => {
      if (!given) return;
      const made = await must(
        api.POST('/api/v1/roster/plans', {
          params: { query: { kind } },
          body: formOf(
            {
              organisationId,
              completeness: chosen.completeness,
              sheet: chosen.sheet ?? '',
              headerRow: String(chosen.headerRow),
              columns: JSON.stringify(chosen.columns),
              remember: String(chosen.remember),
            },
            given.file,
          ) as never,
          bodySerializer: (body) => body as unknown as FormData,
        }),
      );
      setPlan(made);
      scrollTo({ top: 0 });
    });
  const restart = () => {
    setPlan(undefined);
    if (query.plan) {
      setGiven(undefined);
      route('/admin/import');
    }
  };

  if (query.plan && !plan && !error) return <Skeleton />;
  if (plan) {
    const file = `${plan.fileName}${plan.sheet ? ` · ${plan.sheet}` : ''}`;
    return (
      <>
        <Title
          key={plan.id + plan.status}
          above={<Steps now={isBefore(plan) ? 3 : 4} />}
          title={planTitle(plan)}
          note={isBefore(plan) ? t(`Chưa ghi gì. ${file}`, `Nothing is written yet. ${file}`) : file}
        />
        <PlanStep
          plan={plan}
          onPlan={(next) => {
            setPlan(next);
            if (next.status !== plan.status) scrollTo({ top: 0 });
          }}
          onBack={() => {
            if (!isBefore(plan)) setGiven(undefined);
            restart();
          }}
        />
      </>
    );
  }
  if (given) {
    return (
      <>
        <Title
          key="columns"
          above={<Steps now={2} />}
          title={t('Cột nào là gì?', 'Which column is what?')}
          note={t('Xem lại rồi xem trước; chưa có gì được ghi.', 'Review it, then preview; nothing is written yet.')}
        />
        {error && <Banner state="bad">{error}</Banner>}
        <ColumnsStep
          key={`${given.file.name} ${given.inspection.sheet} ${given.inspection.remembered?.header}`}
          fileName={given.file.name}
          kind={kind}
          inspection={given.inspection}
          isBusy={isBusy}
          onSheet={(sheet) => inspect(given.file, sheet)}
          onForget={() => inspect(given.file, given.inspection.sheet ?? undefined)}
          onBack={() => setGiven(undefined)}
          onPreview={preview}
        />
      </>
    );
  }
  return (
    <>
      <Title
        key="file"
        above={<Steps now={1} />}
        title={t('Nhập danh sách', 'Import a roster')}
        note={t(
          'Xem trước mọi thay đổi; chưa có gì được ghi cho tới khi anh/chị áp dụng.',
          'See every change first; nothing is written until you apply.',
        )}
      >
        {permissions.includes('sync.read') && (
          <a class="button" href="/admin/import/sources">
            <Icon name="refresh-cw" />
            {t('Nguồn', 'Sources')}
          </a>
        )}
        <a class="button" href="/admin/import/matching">
          <Icon name="users" />
          {t('Ghép hồ sơ', 'Matching')}
        </a>
        <a
          class="button"
          href={
            isAbove && organisationId === ''
              ? '/admin/import/year'
              : `/admin/import/roll-over?organisation=${organisationId}`
          }
        >
          <Icon name="graduation-cap" />
          {t('Lên lớp năm học mới', 'The new school year')}
        </a>
      </Title>
      {error && (
        <Banner state="bad">
          {error}
          {lacks && (
            <>
              {' '}
              <a href={templateLink(kind, 'xlsx')} download>
                {t('Tải tệp mẫu', 'Download the template')}
              </a>
            </>
          )}
        </Banner>
      )}
      <FileStep
        kind={kind}
        organisationId={organisationId}
        isBusy={isBusy}
        onKind={(next) => {
          setKind(next);
          if ((next === 'schools') !== (kind === 'schools')) setOrganisation(next === 'schools' ? '' : only);
        }}
        onOrganisation={setOrganisation}
        onFile={(file) => inspect(file)}
      />
      <Earlier />
    </>
  );
}

/** Nothing of it is written. */
const isBefore = ({ status }: Plan): boolean => status === 'planned' || status === 'held' || status === 'superseded';

/** The fields come before the file: the server reads the parts in order. */
function Earlier() {
  const [plans] = useLoad('plans', () => must(api.GET('/api/v1/roster/plans', { params: { query: { limit: 20 } } })));
  const names = new Map(rosterKinds().map(({ kind, name }) => [kind, name]));
  return (
    <section class="grid gap-3">
      <h2>{t('Các lần nhập', 'Earlier imports')}</h2>
      <p>
        <a href="/admin/import/columns">{t('Cách ghép cột đã nhớ', 'Columns that are remembered')}</a>
      </p>
      <Show loaded={plans}>
        {({ items }) =>
          items.length === 0 ? (
            <p class="text-quiet">{t('Chưa có lần nhập nào.', 'There is none yet.')}</p>
          ) : (
            <Ruled onMargin isTight>
              {items.map(({ id, kind, fileName, status, totals, createdAt }) => (
                <Row
                  key={id}
                  mark={status === 'applied' ? 'good' : status === 'held' ? 'warn' : 'dot'}
                  title={
                    <a href={`/admin/import?plan=${id}`} class="no-underline text-ink hover:underline">
                      {fileName}
                    </a>
                  }
                  note={
                    <span class="text-sm">
                      {names.get(kind)} ·{' '}
                      {t(
                        `thêm ${formatNumber(totals.added)}, đổi ${formatNumber(totals.changed)}, rời ${formatNumber(totals.left)}`,
                        `${formatNumber(totals.added)} added, ${formatNumber(totals.changed)} changed, ${formatNumber(totals.left)} left`,
                      )}{' '}
                      · <Ago at={createdAt} />
                    </span>
                  }
                  act={<PlanState status={status} />}
                />
              ))}
            </Ruled>
          )
        }
      </Show>
    </section>
  );
}

function PlanState({ status }: { readonly status: Plan['status'] }) {
  if (status === 'applied') return <State state="good">{t('Đã áp dụng', 'Applied')}</State>;
  if (status === 'held') return <State state="warn">{t('Chờ người thứ hai', 'Waits for a second person')}</State>;
  if (status === 'superseded') return <State state="plain">{t('Đã cũ', 'Of before')}</State>;
  if (status === 'applying') return <State state="now">{t('Đang áp dụng', 'Being applied')}</State>;
  if (status === 'undone') return <State state="plain">{t('Đã hoàn tác', 'Undone')}</State>;
  return <State state="plain">{t('Xem trước', 'Preview')}</State>;
}

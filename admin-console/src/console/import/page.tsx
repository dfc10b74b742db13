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
import { endUpload, type Upload } from './send.ts';
import { useSending } from './sending.tsx';
import { Steps } from './steps.tsx';

interface Given {
  readonly upload: Upload;
  readonly inspection: Inspection;
}

/**
 * `/admin/import`: from a file to exactly what was seen. `?kind=`, `?organisation=` and `?plan=` lead into the middle of it,
 * `?upload=` to a file that has arrived: whoever loads the page again is where they were.
 */
export function Import() {
  const { query, route } = useLocation();
  const { permissions, roles } = useMe();
  const asked = rosterKinds().find(({ kind, permission }) => kind === query.kind && permissions.includes(permission));
  const [kind, setKind] = useState<Kind>(asked?.kind ?? 'learners');
  const only = roles.length === 1 && roles[0]?.organisation.kind === 'school' ? roles[0].organisation.id : '';
  const [organisationId, setOrganisation] = useState(query.organisation ?? only);
  const [given, setGiven] = useState<Given>();
  const [plan, setPlan] = useState<Plan>();
  const { isBusy, error, run } = useAction();
  const [lacks, setLacks] = useState(false);
  const addressOf = (more: { readonly upload?: string; readonly plan?: string }) =>
    `/admin/import?${new URLSearchParams({ kind, ...(organisationId ? { organisation: organisationId } : {}), ...more })}`;
  const sending = useSending(({ id }) => route(addressOf({ upload: id })));

  useEffect(() => {
    const id = query.plan;
    if (!id || plan?.id === id) return;
    run(async () => setPlan(await must(api.GET('/api/v1/roster/plans/{id}', { params: { path: { id } } }))));
  }, [query.plan]);
  useEffect(() => {
    const { upload } = query;
    if (upload && !query.plan && given?.upload.id !== upload) inspect(upload);
  }, [query.upload, query.plan]);

  const inspect = (id: string, sheet = '') =>
    run(async () => {
      setLacks(false);
      try {
        const upload = await must(api.GET('/api/v1/roster/uploads/{id}', { params: { path: { id } } }));
        const inspection = await must(
          api.POST('/api/v1/roster/columns', {
            params: { query: { kind } },
            body: formOf({ organisationId, sheet, upload: id }) as never,
            bodySerializer: (body) => body as unknown as FormData,
          }),
        );
        setGiven({ upload, inspection });
      } catch (caught) {
        const isOfFile = caught instanceof Refused && caught.problem.code.startsWith('roster/');
        if (given?.upload.id !== id) {
          setLacks(isOfFile);
          if (isOfFile) await endUpload(id).catch(() => undefined); // nothing can come of it
          route(addressOf({}), true);
        }
        throw caught;
      }
    });
  const preview = ({ completeness, sheet, headerRow, columns, remember }: Chosen) =>
    run(async () => {
      if (!given) return;
      const { id } = given.upload;
      const fields = {
        organisationId,
        completeness,
        sheet: sheet ?? '',
        headerRow: String(headerRow),
        columns: JSON.stringify(columns),
        remember: String(remember),
        upload: id,
      };
      const made = await must(
        api.POST('/api/v1/roster/plans', {
          params: { query: { kind } },
          body: formOf(fields) as never,
          bodySerializer: (body) => body as unknown as FormData,
        }),
      );
      setPlan(made);
      route(addressOf({ upload: id, plan: made.id }));
      scrollTo({ top: 0 });
    });

  if (query.plan) {
    if (plan?.id !== query.plan) return error ? <Banner state="bad">{error}</Banner> : <Skeleton />;
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
            if (next.status === plan.status) return;
            scrollTo({ top: 0 });
            if (query.upload && !isBefore(next)) endUpload(query.upload).catch(() => undefined); // its day ends it
          }}
          onBack={() => route(isBefore(plan) && query.upload ? addressOf({ upload: query.upload }) : '/admin/import')}
        />
      </>
    );
  }
  if (given && given.upload.id === query.upload) {
    const { upload, inspection } = given;
    return (
      <>
        <Title
          key="columns"
          above={<Steps now={2} />}
          title={t('Cột nào là gì?', 'Which column is what?')}
          note={t('Xem lại rồi xem trước; chưa có gì được ghi.', 'Review it, then preview; nothing is written yet.')}
        />
        <ColumnsStep
          key={`${upload.id} ${inspection.sheet} ${inspection.remembered?.header}`}
          fileName={upload.name}
          kind={kind}
          inspection={inspection}
          organisationId={organisationId}
          isBusy={isBusy}
          refusal={error}
          onOrganisation={setOrganisation}
          onSheet={(sheet) => inspect(upload.id, sheet)}
          onForget={() => inspect(upload.id, inspection.sheet ?? undefined)}
          onBack={() => route(addressOf({}))}
          onPreview={preview}
        />
      </>
    );
  }
  const refusal = sending.now ? undefined : (error ?? sending.error);
  return (
    <>
      <FirstTitle organisationId={organisationId} />
      {refusal && (
        <Banner state="bad">
          {refusal}
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
        sending={sending}
        onKind={(next) => {
          setKind(next);
          if ((next === 'schools') !== (kind === 'schools')) setOrganisation(next === 'schools' ? '' : only);
        }}
        onOrganisation={setOrganisation}
      />
      <Earlier />
    </>
  );
}

/** The heading of the first step, with the rooms beside it. */
function FirstTitle({ organisationId }: { readonly organisationId: string }) {
  const { permissions, roles } = useMe();
  const isAbove = roles.some(({ organisation }) => organisation.kind === 'department' || organisation.kind === 'ward');
  return (
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
  );
}

/** Nothing of it is written. */
const isBefore = ({ status }: Plan): boolean => status === 'planned' || status === 'held' || status === 'superseded';

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

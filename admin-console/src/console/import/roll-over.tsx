import { useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import { api, must } from '../../design/api.ts';
import { ActionBar } from '../../design/bar.tsx';
import { Banner } from '../../design/form.tsx';
import { formatNumber, t } from '../../design/language.ts';
import { useAction, useLoad } from '../../design/load.ts';
import { Empty, Show } from '../../design/show.tsx';
import { Table } from '../../design/table.tsx';
import type { paths } from '../../generated/api.d.ts';
import { schoolYearName } from '../classes/views.ts';
import { useMe } from '../me.ts';
import { OrganisationChoice } from '../organisations.tsx';
import { Title } from '../parts.tsx';

type Proposal = paths['/api/v1/organisations/{id}/roll-over']['get']['responses']['200']['content']['application/json'];
type LeavingClass = Proposal['classes'][number];

/** `/admin/import/roll-over`: the classes of last year become those of this one, as one plan to look over. */
export function RollOver() {
  const { query } = useLocation();
  const { roles } = useMe();
  const only = roles.length === 1 && roles[0]?.organisation.kind === 'school' ? roles[0].organisation.id : '';
  const [organisationId, setOrganisation] = useState(query.organisation ?? only);
  return (
    <>
      <Title
        title={t('Lên lớp năm học mới', 'The new school year')}
        back={{ href: '/admin/import', label: t('Nhập danh sách', 'Import') }}
        note={t(
          'Cả trường lên lớp trong một kế hoạch: xem trước, áp dụng, và hoàn tác được trong 7 ngày. Chưa có gì được ghi ở trang này.',
          'The whole school moves up in one plan: review it, apply it, undo it within seven days. This page writes nothing.',
        )}
      />
      {only === '' && (
        <div class="max-w-xl">
          <OrganisationChoice
            label={t('Trường', 'School')}
            name="organisation"
            kind="school"
            value={organisationId}
            onChoose={setOrganisation}
          />
        </div>
      )}
      {organisationId !== '' && <School key={organisationId} organisationId={organisationId} />}
    </>
  );
}

function School({ organisationId }: { readonly organisationId: string }) {
  const [loaded] = useLoad(`roll-over ${organisationId}`, () =>
    must(api.GET('/api/v1/organisations/{id}/roll-over', { params: { path: { id: organisationId } } })),
  );
  return (
    <Show loaded={loaded}>
      {(proposal) =>
        proposal.classes.length === 0 ? (
          <Empty icon="graduation-cap">
            {t(
              `Mọi em đã có lớp của năm học ${schoolYearName(proposal.schoolYear)}. Năm học sau mở từ ngày 1/8.`,
              `Every learner has a class of ${schoolYearName(proposal.schoolYear)}. The next year opens on 1 August.`,
            )}
          </Empty>
        ) : (
          <Classes proposal={proposal} />
        )
      }
    </Show>
  );
}

/** Where each class goes, and who stays behind. */
function Classes({ proposal }: { readonly proposal: Proposal }) {
  const { route } = useLocation();
  const { isBusy, error, run } = useAction();
  const [names, setNames] = useState<Readonly<Record<string, string>>>({});
  const [repeating, setRepeating] = useState<ReadonlyMap<string, LeavingClass>>(new Map());
  const nameOf = ({ id, next }: LeavingClass) => names[id] ?? next?.code ?? '';
  const goesUp = proposal.classes.filter(({ next }) => next !== null);
  const people = (classes: readonly LeavingClass[]) => classes.reduce((sum, { learners }) => sum + learners, 0);
  const staying = [...repeating.values()].filter(({ next }) => next !== null).length;
  const up = people(goesUp) - staying;
  const graduating = people(proposal.classes) - people(goesUp) - (repeating.size - staying);
  const lacks = goesUp.some((one) => nameOf(one).trim() === '');
  const preview = () =>
    run(async () => {
      const body = {
        classes: proposal.classes.map((one) => ({ classId: one.id, next: one.next ? nameOf(one).trim() : null })),
        repeating: [...repeating].map(([personId, { code }]) => ({ personId, code })),
      };
      const { planId } = await must(
        api.POST('/api/v1/organisations/{id}/roll-over', { params: { path: { id: proposal.organisationId } }, body }),
      );
      route(`/admin/import?plan=${planId}`);
    });
  const toggle = (personId: string, from: LeavingClass) => {
    const next = new Map(repeating);
    if (!next.delete(personId)) next.set(personId, from);
    setRepeating(next);
  };
  return (
    <>
      {error && <Banner state="bad">{error}</Banner>}
      <Table
        label={t('Các lớp năm học trước', 'Classes of last year')}
        heads={[
          t(`Lớp ${schoolYearName(proposal.schoolYear - 1)}`, `Class ${schoolYearName(proposal.schoolYear - 1)}`),
          t('Học sinh', 'Learners'),
          t(`Lớp ${schoolYearName(proposal.schoolYear)}`, `Class ${schoolYearName(proposal.schoolYear)}`),
          t('Ở lại lớp', 'Repeat the grade'),
        ]}
      >
        {proposal.classes.map((one) => (
          <tr key={one.id}>
            <td class="font-semibold">{one.code}</td>
            <td class="number">
              {formatNumber(one.learners)} <span class="sm:hidden">{t('học sinh', 'learners')}</span>
            </td>
            <td>
              <span class="sm:hidden text-sm text-quiet block">{schoolYearName(proposal.schoolYear)}</span>
              {one.next ? (
                <input
                  class="control w-32"
                  aria-label={t(`Lớp mới của ${one.code}`, `New class of ${one.code}`)}
                  value={nameOf(one)}
                  onInput={({ currentTarget }) => setNames({ ...names, [one.id]: currentTarget.value })}
                />
              ) : (
                t('Tốt nghiệp, rời trường', 'Graduate and leave')
              )}
            </td>
            <td>
              <Repeating of={one} chosen={repeating} onToggle={(id) => toggle(id, one)} />
            </td>
          </tr>
        ))}
      </Table>
      <ActionBar
        said={t(
          `${formatNumber(up)} em lên lớp, ${formatNumber(graduating)} em tốt nghiệp, ${formatNumber(repeating.size)} em ở lại lớp.`,
          `${formatNumber(up)} go up, ${formatNumber(graduating)} graduate, ${formatNumber(repeating.size)} repeat.`,
        )}
      >
        <button type="button" class="button button-primary" disabled={isBusy || lacks} onClick={preview}>
          {isBusy ? t('Đang lập kế hoạch…', 'Making the plan…') : t('Xem trước', 'Preview')}
        </button>
      </ActionBar>
    </>
  );
}

/** Learners of a class, shown when they are asked for, each with a tick. */
function Repeating({
  of,
  chosen,
  onToggle,
}: {
  readonly of: LeavingClass;
  readonly chosen: ReadonlyMap<string, LeavingClass>;
  readonly onToggle: (personId: string) => void;
}) {
  const [isOpen, setOpen] = useState(false);
  const count = [...chosen.values()].filter(({ id }) => id === of.id).length;
  return (
    <details onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>
        {count === 0 ? t('Chọn em', 'Choose') : t(`${formatNumber(count)} em`, `${formatNumber(count)} chosen`)}
        <span class="sr-only"> ({of.code})</span>
      </summary>
      {isOpen && <Learners of={of} chosen={chosen} onToggle={onToggle} />}
    </details>
  );
}

function Learners({ of, chosen, onToggle }: Parameters<typeof Repeating>[0]) {
  const [loaded] = useLoad(`class ${of.id}`, () =>
    must(api.GET('/api/v1/classes/{id}', { params: { path: { id: of.id } } })),
  );
  return (
    <Show loaded={loaded}>
      {({ learners }) => (
        <ul class="grid gap-1 mt-2">
          {learners.map(({ id, fullName }) => (
            <li key={id}>
              <label class="inline-flex items-center gap-2 min-h-8 cursor-pointer">
                <input type="checkbox" class="tick" checked={chosen.has(id)} onChange={() => onToggle(id)} />
                {fullName}
              </label>
            </li>
          ))}
        </ul>
      )}
    </Show>
  );
}

import { useState } from 'preact/hooks';
import { useRoute } from 'preact-iso';
import { api, must } from '../design/api.ts';
import { Banner } from '../design/form.tsx';
import { formatDate, formatEducationId, t } from '../design/language.ts';
import { useAction, useLoad } from '../design/load.ts';
import { useMay } from './me.ts';
import { EducationId, Show, Table, Title } from './parts.tsx';

interface Slip {
  readonly name: string;
  readonly educationId: string;
  readonly code: string;
}

/** A class by given name; activation slips to print, transcripts to send for signature. */
export function ClassPage() {
  const { id = '' } = useRoute().params;
  const [loaded] = useLoad(id, () => must(api.GET('/api/v1/classes/{id}', { params: { path: { id } } })));
  const [slips, setSlips] = useState<readonly Slip[]>([]);
  const [made, setMade] = useState<number>();
  const { isBusy, error, run } = useAction();
  const mayInvite = useMay('accounts.invite');
  const mayRequest = useMay('signing.request');
  return (
    <Show loaded={loaded}>
      {(data) => {
        const print = async () => {
          const codes: Slip[] = [];
          for (const learner of data.learners) {
            const { code } = await must(
              api.POST('/api/v1/people/{id}/activation-code', { params: { path: { id: learner.id } } }),
            );
            codes.push({ name: learner.fullName, educationId: learner.educationId, code });
            setSlips([...codes]);
          }
        };
        const request = async () =>
          setMade((await must(api.POST('/api/v1/signing/transcripts', { body: { classId: id } }))).created.length);
        return (
          <>
            <Title
              title={`${t('Lớp', 'Class')} ${data.code}`}
              note={`${data.organisationName} · ${data.schoolYear}–${data.schoolYear + 1} · ${data.teacher?.fullName ?? ''}`}
            >
              {mayRequest && (
                <button type="button" class="button" disabled={isBusy} onClick={() => run(request)}>
                  {t('Trình ký học bạ', 'Request transcript signatures')}
                </button>
              )}
              {mayInvite && slips.length === 0 && (
                <button type="button" class="button" disabled={isBusy} onClick={() => run(print)}>
                  {t('In phiếu kích hoạt', 'Print activation slips')}
                </button>
              )}
              {slips.length > 0 && (
                <button
                  type="button"
                  class="button button-primary"
                  disabled={isBusy}
                  onClick={() => globalThis.print()}
                >
                  {t(`In ${slips.length} phiếu`, `Print ${slips.length} slips`)}
                </button>
              )}
            </Title>
            {error && <Banner state="bad">{error}</Banner>}
            {made !== undefined && (
              <Banner state="good">
                {t(`Đã trình ${made} học bạ cho hiệu trưởng.`, `${made} transcripts wait for the principal.`)}
              </Banner>
            )}
            {slips.length > 0 ? <Slips slips={slips} /> : <Learners learners={data.learners} />}
          </>
        );
      }}
    </Show>
  );
}

function Learners({
  learners,
}: {
  readonly learners: readonly {
    readonly id: string;
    readonly fullName: string;
    readonly educationId: string;
    readonly birthDate: string | null;
  }[];
}) {
  return (
    <Table
      label={t('Danh sách học sinh', 'Learners')}
      heads={[t('Họ và tên', 'Name'), t('Mã giáo dục', 'Education ID'), t('Ngày sinh', 'Born')]}
    >
      {learners.map((learner) => (
        <tr key={learner.id}>
          <td>
            <a class="font-semibold" href={`/admin/people/${learner.id}`}>
              {learner.fullName}
            </a>
          </td>
          <td>
            <EducationId id={learner.educationId} />
          </td>
          <td class="number" data-label={t('Ngày sinh', 'Born')}>
            {learner.birthDate && formatDate(learner.birthDate)}
          </td>
        </tr>
      ))}
    </Table>
  );
}

/** Paper is a screen too: two columns to cut, nothing but what the child needs. */
function Slips({ slips }: { readonly slips: readonly Slip[] }) {
  return (
    <ul class="grid grid-cols-2 gap-3">
      {slips.map(({ name, educationId, code }) => (
        <li key={educationId} class="sheet border border-dashed border-edge rounded-control p-4 grid gap-1">
          <span class="font-semibold">{name}</span>
          <span class="text-sm">
            {t('Mã giáo dục', 'Education ID')}: <span class="number">{formatEducationId(educationId)}</span>
          </span>
          <span class="text-sm">
            {t('Mã kích hoạt', 'Activation code')}: <strong class="number">{code}</strong>
          </span>
          <span class="text-sm text-quiet">{location.host}/activate</span>
        </li>
      ))}
    </ul>
  );
}

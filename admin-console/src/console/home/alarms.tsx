import { api, must } from '../../design/api.ts';
import { formatNumber, t } from '../../design/language.ts';
import { useLoad } from '../../design/load.ts';
import { Row, Ruled } from '../../design/ruled.tsx';
import { Show } from '../../design/show.tsx';
import type { Me } from '../me.ts';
import { useMe } from '../me.ts';

interface Alarm {
  readonly id: string;
  readonly title: string;
  readonly note?: string;
  readonly remedy: { readonly href: string; readonly label: string };
}

/** What is wrong now, each with its remedy; and that the rest is well, so that silence is not mistaken for it. */
export function Alarms() {
  const me = useMe();
  const sees = ['certificates.read', 'sync.read'].filter((action) => me.permissions.includes(action));
  const [loaded] = useLoad('alarms', () => alarms(me));
  if (sees.length === 0) return null;
  return (
    <section class="grid gap-4 min-w-0" aria-labelledby="alarms">
      <h2 id="alarms">{t('Báo động', 'Alarms')}</h2>
      <Show loaded={loaded}>
        {(found) => (
          <Ruled>
            {found.map(({ id, title, note, remedy }) => (
              <Row key={id} mark="bad" said={t('Hỏng', 'Failed')} title={title} note={note}>
                <p class="text-sm mt-1">
                  <a href={remedy.href}>{remedy.label}</a>
                </p>
              </Row>
            ))}
            <Row
              mark="good"
              title={
                found.length === 0
                  ? t('Mọi thứ chạy tốt', 'Everything runs well')
                  : t('Còn lại đều chạy tốt', 'Everything else runs well')
              }
              note={watched(sees)}
            />
          </Ruled>
        )}
      </Show>
    </section>
  );
}

/** What this list would have told of. */
function watched(sees: readonly string[]): string {
  return [
    sees.includes('certificates.read') &&
      t('Chứng thư, danh sách thu hồi, dấu thời gian', 'Certificates, revocation, time stamps'),
    sees.includes('sync.read') && t('đích đồng bộ', 'sync targets'),
  ]
    .filter(Boolean)
    .join(', ');
}

async function alarms({ permissions }: Me): Promise<readonly Alarm[]> {
  const [certificates, targets] = await Promise.all([
    permissions.includes('certificates.read') ? must(api.GET('/api/v1/certificate-alarms')) : undefined,
    permissions.includes('sync.read') ? must(api.GET('/api/v1/sync/targets')) : undefined,
  ]);
  return [
    ...(certificates?.items ?? []).map(({ code, about, sentence }) => ({
      id: `${code} ${about}`,
      title: sentence,
      remedy: { href: '/admin/certificates', label: t('Xem cách chữa', 'See the remedy') },
    })),
    ...(targets?.items ?? []).flatMap(({ id, name, failure, heldRunId, pending }) =>
      failure === null && heldRunId === null
        ? []
        : [
            {
              id,
              title:
                failure === null
                  ? t(`${name}: giữ lại, chờ người thứ hai`, `${name}: held for a second person`)
                  : t(`${name} không đồng bộ được`, `${name} cannot be kept in step`),
              note: [
                failure,
                pending > 0 && t(`${formatNumber(pending)} người đang đợi`, `${formatNumber(pending)} people wait`),
              ]
                .filter(Boolean)
                .join('. '),
              remedy: { href: `/admin/sync/${id}`, label: t('Xem cách chữa', 'See the remedy') },
            },
          ],
    ),
  ];
}

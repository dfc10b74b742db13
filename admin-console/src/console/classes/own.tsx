import { useEffect } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import { api, must } from '../../design/api.ts';
import { formatNumber, t } from '../../design/language.ts';
import { useLoad } from '../../design/load.ts';
import { Empty, Show } from '../../design/show.tsx';
import { Title } from '../parts.tsx';

/** `/teach`: the teacher's own class at once; the choice for those who have several. */
export function OwnClass() {
  const [home] = useLoad('own classes', () => must(api.GET('/api/v1/home')));
  return (
    <Show loaded={home}>
      {({ classes }) =>
        classes.length === 1 && classes[0] ? (
          <Goto to={`/teach/classes/${classes[0].id}`} />
        ) : (
          <Several classes={classes} />
        )
      }
    </Show>
  );
}

function Goto({ to }: { readonly to: string }) {
  const { route } = useLocation();
  useEffect(() => route(to, true), [to]);
  return null;
}

function Several({
  classes,
}: {
  readonly classes: readonly {
    readonly id: string;
    readonly code: string;
    readonly organisationName: string;
    readonly learnerCount: number;
  }[];
}) {
  return (
    <>
      <Title title={t('Lớp của tôi', 'My classes')} />
      {classes.length === 0 ? (
        <Empty>
          {t(
            'Thầy/cô chưa chủ nhiệm lớp nào trong năm học này. Quản trị trường đặt giáo viên chủ nhiệm ở trang của lớp.',
            'You are not the class teacher of any class this school year. The school’s administrator names one on the class’s page.',
          )}
        </Empty>
      ) : (
        <ul class="grid gap-4 sm:grid-cols-2">
          {classes.map(({ id, code, organisationName, learnerCount }) => (
            <li key={id}>
              <a class="card block no-underline text-ink hover:border-accent" href={`/teach/classes/${id}`}>
                <span class="block text-lg font-semibold">
                  {t('Lớp', 'Class')} {code}
                </span>
                <span class="block text-quiet">
                  {formatNumber(learnerCount)} {t('học sinh', 'pupils')} · {organisationName}
                </span>
              </a>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

import { formatNumber, t } from '../../design/language.ts';
import { Row, Ruled } from '../../design/ruled.tsx';
import type { paths } from '../../generated/api.d.ts';

type Home = paths['/api/v1/home']['get']['responses']['200']['content']['application/json'];

/** A class teacher's own classes, one tap away. */
export function OwnClasses({ classes }: Pick<Home, 'classes'>) {
  if (classes.length === 0) return null;
  return (
    <Ruled onMargin label={t('Lớp của tôi', 'My classes')}>
      {classes.map(({ id, code, organisationName, learnerCount }) => (
        <Row
          key={id}
          mark="dot"
          title={t(`Lớp ${code}`, `Class ${code}`)}
          note={`${t(`${formatNumber(learnerCount)} em`, `${formatNumber(learnerCount)} pupils`)} · ${organisationName}`}
          act={
            <a class="button" href={`/teach/classes/${id}`}>
              {t('Mở lớp', 'Open the class')}
            </a>
          }
        />
      ))}
    </Ruled>
  );
}

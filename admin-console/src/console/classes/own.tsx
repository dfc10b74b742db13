import type { ComponentProps } from 'preact';
import { useEffect } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import { api, must } from '../../design/api.ts';
import { t } from '../../design/language.ts';
import { useLoad } from '../../design/load.ts';
import { Empty, Show } from '../../design/show.tsx';
import { Title } from '../parts.tsx';
import { OwnClasses } from './own-list.tsx';

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

function Several({ classes }: ComponentProps<typeof OwnClasses>) {
  return (
    <>
      <Title title={t('Lớp của tôi', 'My classes')} />
      {classes.length === 0 ? (
        <Empty icon="grid-3x3">
          {t(
            'Thầy/cô chưa chủ nhiệm lớp nào trong năm học này. Quản trị trường đặt giáo viên chủ nhiệm ở trang của lớp.',
            'You are not the class teacher of any class this school year. The school’s administrator names one on the class’s page.',
          )}{' '}
          <a href="/admin/subjects">{t('Xem môn tôi dạy', 'See the subjects I teach')}</a>
        </Empty>
      ) : (
        <OwnClasses classes={classes} />
      )}
    </>
  );
}

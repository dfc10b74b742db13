import { formatNumber, t } from '../../design/language.ts';
import { Row, Ruled } from '../../design/ruled.tsx';
import type { Task } from './waiting-for.ts';

/** One row a task, its button at the right; the first one is the primary act of the page. */
export function Waiting({ tasks }: { readonly tasks: readonly Task[] }) {
  if (tasks.length === 0) return null;
  return (
    <Ruled onMargin label={t('Đang chờ', 'Waiting')}>
      {tasks.map(({ id, title, note, href, act, mark = 'later' }, index) => (
        <Row
          key={id}
          mark={mark}
          title={title}
          note={note}
          act={
            <a class={`button ${index === 0 ? 'button-primary' : ''}`} href={href}>
              {act}
            </a>
          }
        />
      ))}
    </Ruled>
  );
}

/** A class teacher's own classes, one tap away. */
export function OwnClasses({
  classes,
}: {
  readonly classes: readonly {
    readonly id: string;
    readonly code: string;
    readonly organisationName: string;
    readonly learnerCount: number;
  }[];
}) {
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

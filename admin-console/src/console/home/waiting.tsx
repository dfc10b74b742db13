import { t } from '../../design/language.ts';
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

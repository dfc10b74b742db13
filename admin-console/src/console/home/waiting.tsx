import type { Task } from './waiting-for.ts';

/** One row a task, its button at the right. */
export function Waiting({ tasks }: { readonly tasks: readonly Task[] }) {
  if (tasks.length === 0) return null;
  return (
    <ul class="ruled">
      {tasks.map(({ id, title, note, href, act }, index) => (
        <li key={id} class="flex flex-wrap items-center justify-between gap-3">
          <span class="mark mark-now" aria-hidden="true" />
          <span>
            <span class="block font-semibold">{title}</span>
            <span class="block text-quiet">{note}</span>
          </span>
          <a class={`button ${index === 0 ? 'button-primary' : ''}`} href={href}>
            {act}
          </a>
        </li>
      ))}
    </ul>
  );
}

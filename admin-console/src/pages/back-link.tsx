import type { ComponentChildren } from 'preact';
import { Icon } from '../design/icon.tsx';

/** Above the heading of a page that another one leads to. */
export const BackLink = ({ href, children }: { readonly href: string; readonly children: ComponentChildren }) => (
  <p>
    <a class="back" href={href}>
      <Icon name="arrow-left" />
      {children}
    </a>
  </p>
);

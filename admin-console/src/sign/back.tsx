import { Icon } from '../design/icon.tsx';
import { t } from '../design/language.ts';

/** The way back, at the top of a page that was come to: to the list, unless `label` says where else `href` leads. */
export function Back({
  onBack,
  href,
  label = t('Danh sách', 'List'),
}: {
  readonly onBack?: () => void;
  readonly href?: string;
  readonly label?: string;
}) {
  const shown = (
    <>
      <Icon name="arrow-left" />
      {label}
    </>
  );
  if (href) {
    return (
      <a class="button button-quiet justify-self-start -ml-4.5" href={href}>
        {shown}
      </a>
    );
  }
  return (
    <button type="button" class="button button-quiet justify-self-start -ml-4.5" onClick={onBack}>
      {shown}
    </button>
  );
}

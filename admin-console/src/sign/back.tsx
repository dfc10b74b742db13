import { Icon } from '../design/icon.tsx';
import { t } from '../design/language.ts';

/** The way back, at the top of a page that was come to. */
export function Back({ onBack, href }: { readonly onBack?: () => void; readonly href?: string }) {
  const label = (
    <>
      <Icon name="arrow-left" />
      {t('Danh sách', 'List')}
    </>
  );
  if (href) {
    return (
      <a class="button button-quiet justify-self-start -ml-4.5" href={href}>
        {label}
      </a>
    );
  }
  return (
    <button type="button" class="button button-quiet justify-self-start -ml-4.5" onClick={onBack}>
      {label}
    </button>
  );
}

import { Icon } from '../../design/icon.tsx';
import { t } from '../../design/language.ts';
import { useMe } from '../me.ts';

/** Whether this person sends files to be signed: a school's administrator does, for the school. */
export const useMaySend = (): boolean => useMe().roles.some(({ role }) => role === 'school-administrator');

export function NewDocumentLink() {
  if (!useMaySend()) return null;
  return (
    <a class="button button-primary" href="/admin/signing/new">
      <Icon name="plus" />
      {t('Trình một tệp', 'Have a file signed')}
    </a>
  );
}

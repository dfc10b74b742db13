import { t } from '../../design/language.ts';
import { fieldName } from '../../design/released.tsx';
import { roleName } from '../words.ts';
import type { Target } from './words.ts';

/** What leaves the house: fields by whom, as a contract says. */
export function ContractOf({ title, contract }: { readonly title: string; readonly contract: Target['contract'] }) {
  const fields = (names: readonly string[]) => names.map(fieldName).join(', ') || t('chỉ mã', 'the ID alone');
  return (
    <section class="grid gap-4 min-w-0" aria-labelledby="contract">
      <h2 id="contract">{title}</h2>
      <dl class="facts">
        <dt>{t('Của ai', 'Of whom')}</dt>
        <dd>{contract.roles.map(roleName).join(', ')}</dd>
        <dt>{t('Học sinh', 'Learners')}</dt>
        <dd>{fields(contract.learners)}</dd>
        <dt>{t('Người lớn', 'Adults')}</dt>
        <dd>{fields(contract.others)}</dd>
      </dl>
      <p class="text-sm text-quiet">
        {t(
          'Không thông tin nào ngoài danh sách này rời khỏi EduTrust; lần gửi nào cũng được ghi lại.',
          'No field outside this list leaves the system; everything that is sent is recorded.',
        )}
      </p>
    </section>
  );
}

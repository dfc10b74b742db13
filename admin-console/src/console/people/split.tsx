import { api, must } from '../../design/api.ts';
import { ActButton } from '../../design/dialog.tsx';
import { formatEducationId, t } from '../../design/language.ts';
import { useProposed } from '../proposed.ts';
import type { PersonView } from './views.ts';

/** Beside an older ID: two records that were merged by mistake become two again. */
export function Split({ person, educationId }: { readonly person: PersonView; readonly educationId: string }) {
  const proposed = useProposed();
  const id = formatEducationId(educationId);
  return (
    <ActButton
      small
      label={t(`Tách ${id}`, `Split ${id} off`)}
      question={t(`${id} là của người khác?`, `Does ${id} belong to somebody else?`)}
      confirm={t('Đề nghị tách', 'Propose the split')}
      onConfirm={async () => {
        const body = { educationId };
        proposed(await must(api.POST('/api/v1/people/{id}/splits', { params: { path: { id: person.id } }, body })));
      }}
    >
      <p>
        {t(
          'Hồ sơ đã gộp nhầm có lại trường, lớp, mã riêng và người giám hộ của nó như trước khi gộp. Người thứ hai của Sở phải duyệt.',
          'The record that was merged by mistake gets back its school, class, codes and guardians as before. A second person of the department has to approve.',
        )}
      </p>
    </ActButton>
  );
}

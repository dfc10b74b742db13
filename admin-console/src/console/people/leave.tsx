import { api, must } from '../../design/api.ts';
import { ActButton } from '../../design/dialog.tsx';
import { t } from '../../design/language.ts';

export function Leave({
  person,
  onDone,
}: {
  readonly person: { readonly id: string; readonly fullName: string };
  readonly onDone: () => void;
}) {
  return (
    <ActButton
      bad
      label={t('Cho rời trường', 'Mark as left')}
      question={t(`${person.fullName} rời trường?`, `${person.fullName} leaves?`)}
      confirm={t('Cho rời trường', 'Mark as left')}
      onConfirm={async () => {
        await must(api.POST('/api/v1/people/{id}/leave', { params: { path: { id: person.id } } }));
        onDone();
      }}
    >
      <p>
        {t(
          'Mọi lớp, chức danh và vai trò kết thúc hôm nay; người này không đăng nhập được nữa. Hồ sơ và lịch sử vẫn được giữ.',
          'Every class, post and role ends today and the person can no longer sign in. The record and its history stay.',
        )}
      </p>
    </ActButton>
  );
}

import { useLocation } from 'preact-iso';
import { api, must } from '../../design/api.ts';
import { ActButton } from '../../design/dialog.tsx';
import { t } from '../../design/language.ts';
import { approvalPath } from '../approvals/passkey-act.ts';

/** Asks that an issued document be corrected: why, then the passkey of who asks; the head who signed it approves. */
export function AskCorrection({ requestId }: { readonly requestId: string }) {
  const { route } = useLocation();
  return (
    <ActButton
      label={t('Đề nghị sửa', 'Ask for a correction')}
      question={t('Đề nghị sửa học bạ đã phát hành', 'Correct an issued document')}
      confirm={t('Đề nghị và xác nhận', 'Ask and confirm')}
      reason={t('Sai chỗ nào, vì sao', 'What is wrong, and why')}
      onConfirm={async (reason) => {
        const params = { path: { id: requestId } };
        const { approval } = await must(
          api.POST('/api/v1/signing/requests/{id}/correction', { params, body: { reason } }),
        );
        route(approvalPath(approval.id));
      }}
    >
      <p>
        {t(
          'Bản đã phát hành giữ nguyên. Hiệu trưởng đã ký duyệt xong thì điểm mở lại; sửa rồi trình ký lại thành bản mới.',
          'What was issued stays as it is. Once the head who signed it approves, the marks open; correct them and ask for signatures on the new version.',
        )}
      </p>
    </ActButton>
  );
}

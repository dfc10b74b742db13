import { useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import { api, must } from '../../design/api.ts';
import { Dialog } from '../../design/dialog.tsx';
import { Field } from '../../design/form.tsx';
import { t } from '../../design/language.ts';
import { useAction } from '../../design/load.ts';
import { approvalPath } from '../approvals/passkey-act.ts';

/** Asks that an issued document be corrected: why, then the passkey of who asks; the head who signed it approves. */
export function AskCorrection({ requestId }: { readonly requestId: string }) {
  const [isOpen, setOpen] = useState(false);
  const [reason, setReason] = useState('');
  const { route } = useLocation();
  const { isBusy, error, run } = useAction();
  const ask = async () => {
    const params = { path: { id: requestId } };
    const { approval } = await must(
      api.POST('/api/v1/signing/requests/{id}/correction', { params, body: { reason: reason.trim() } }),
    );
    route(approvalPath(approval.id));
  };
  return (
    <>
      <button type="button" class="button justify-self-start" onClick={() => setOpen(true)}>
        {t('Đề nghị sửa', 'Ask for a correction')}
      </button>
      {isOpen && (
        <Dialog
          title={t('Đề nghị sửa học bạ đã phát hành', 'Correct an issued document')}
          onClose={() => setOpen(false)}
        >
          <p>
            {t(
              'Bản đã phát hành giữ nguyên. Hiệu trưởng đã ký duyệt xong thì điểm mở lại; sửa rồi trình ký lại thành bản mới.',
              'What was issued stays as it is. Once the head who signed it approves, the marks open; correct them and ask for signatures on the new version.',
            )}
          </p>
          <Field
            name="reason"
            label={t('Sai chỗ nào, vì sao', 'What is wrong, and why')}
            value={reason}
            maxlength={500}
            autofocus
            onInput={(event) => setReason(event.currentTarget.value)}
            error={error}
          />
          <div class="flex flex-wrap gap-3">
            <button
              type="button"
              class="button button-primary"
              disabled={isBusy || reason.trim().length < 3}
              onClick={() => run(ask)}
            >
              {t('Đề nghị và xác nhận', 'Ask and confirm')}
            </button>
            <button type="button" class="button" onClick={() => setOpen(false)}>
              {t('Thôi', 'Cancel')}
            </button>
          </div>
        </Dialog>
      )}
    </>
  );
}

import { Dialog } from '../design/dialog.tsx';
import { formatTime, t } from '../design/language.ts';
import { Qr } from '../design/qr.tsx';
import { activationAddress, type MadeCode } from './activation.ts';

/** The whole screen for one child: hold it before the camera, or type what it says. */
export function CodeCard({
  made,
  place,
  onClose,
}: {
  readonly made: MadeCode;
  readonly place?: string | undefined;
  readonly onClose: () => void;
}) {
  const { person, code, expiresAt } = made;
  const given = person.fullName.split(' ').at(-1) ?? person.fullName;
  return (
    <Dialog isWhole title={t(`Mã mới cho ${given}`, `A new code for ${given}`)} onClose={onClose}>
      <p class="text-quiet">{[person.fullName, place].filter(Boolean).join(' · ')}</p>
      <Qr
        text={activationAddress(code)}
        label={t(`Mã QR của ${person.fullName}`, `QR code of ${person.fullName}`)}
        class="w-[min(70vw,50vh,20rem)] rounded-card border border-line"
      />
      <p>
        {t(
          `Giơ trước máy ảnh của máy mà ${given} dùng, rồi ${given} chọn mật khẩu mới.`,
          `Hold it before the camera of ${given}’s device; ${given} then chooses a new password.`,
        )}
      </p>
      <p class="text-quiet">
        {t('Không có máy ảnh? Mở', 'No camera? Open')} <span class="font-semibold">{location.host}/activate</span>{' '}
        {t('và gõ', 'and type')}
      </p>
      <p class="code text-xl font-semibold" data-activation-code>
        {code}
      </p>
      <p class="text-sm text-quiet">
        {t(
          `Dùng một lần, trước ${formatTime(expiresAt)}. Mã cũ thôi dùng được. Mã này không hiện lại.`,
          `Works once, before ${formatTime(expiresAt)}. An earlier code no longer works. This one is not shown again.`,
        )}
      </p>
      <button type="button" class="button button-primary" onClick={onClose}>
        {t('Xong', 'Done')}
      </button>
    </Dialog>
  );
}

import { Dialog } from '../../design/dialog.tsx';
import { formatTime, t } from '../../design/language.ts';
import { Qr } from '../../design/qr.tsx';
import type { paths } from '../../generated/api.d.ts';

/** A badge for an hour, and whose it is. */
export type StandInBadge =
  paths['/api/v1/people/{id}/stand-in-badge']['post']['responses']['201']['content']['application/json'] & {
    readonly person: { readonly id: string; readonly fullName: string };
  };

/** For a child who left the badge at home: shown to the camera from the teacher's own screen. */
export function StandIn({ badge, onClose }: { readonly badge: StandInBadge; readonly onClose: () => void }) {
  return (
    <Dialog
      title={t(`Thẻ một giờ cho ${badge.person.fullName}`, `A badge for one hour for ${badge.person.fullName}`)}
      onClose={onClose}
    >
      <div class="grid gap-3 justify-items-center text-center">
        <Qr
          text={badge.address}
          label={t(`Thẻ một giờ của ${badge.person.fullName}`, `One-hour badge of ${badge.person.fullName}`)}
          class="w-[min(70vw,45vh,18rem)]"
        />
        <p>
          {t(
            'Giơ màn hình này cho máy ảnh của máy em ngồi, rồi em chọn hình hoặc số của em như mọi khi.',
            'Hold this screen before the camera of their computer; then they choose their pictures or digits as always.',
          )}
        </p>
        <p class="code text-xl font-semibold">{badge.code}</p>
        <p class="text-sm text-quiet">
          {t(`Dùng được đến ${formatTime(badge.expiresAt)}.`, `Works until ${formatTime(badge.expiresAt)}.`)}
        </p>
        <button type="button" class="button button-primary" onClick={onClose}>
          {t('Xong', 'Done')}
        </button>
      </div>
    </Dialog>
  );
}

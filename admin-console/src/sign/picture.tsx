import { api, must } from '../design/api.ts';
import { DropFile } from '../design/drop.tsx';
import { formOf } from '../design/file.ts';
import { Banner } from '../design/form.tsx';
import { Ink } from '../design/ink.tsx';
import { formatDate, t } from '../design/language.ts';
import { useAction, useLoad } from '../design/load.ts';
import { pngOf } from '../design/png.ts';
import { Show } from '../design/show.tsx';
import { Back } from './back.tsx';

/** `/sign/picture`: the own hand, which is drawn in blue where a document asks for pictures. */
export function OwnPicture() {
  const [loaded, reload] = useLoad('own picture', () => must(api.GET('/api/v1/signing/picture')));
  const { isBusy, error, run } = useAction();
  const send = (file: File) =>
    run(async () => {
      const body = formOf({}, await pngOf(file)) as never; // the document does not say what is in a form
      const bodySerializer = (form: unknown) => form as FormData;
      await must(api.PUT('/api/v1/signing/picture', { body, bodySerializer } as never));
      reload();
    });
  const remove = () =>
    run(async () => {
      await must(api.DELETE('/api/v1/signing/picture'));
      reload();
    });
  return (
    <>
      <div>
        <Back href="/sign/device" label={t('Máy này', 'This phone')} />
        <h1>{t('Ảnh chữ ký tay', 'Your handwritten signature')}</h1>
        <p class="text-quiet">
          {t(
            'Hiện màu xanh giữa chức vụ và họ tên, trên văn bản trình với «ảnh chữ ký và con dấu». Ảnh không chứng minh gì; chữ ký số mới chứng minh.',
            'Drawn in blue between office and name, on documents sent with “pictures”. It proves nothing; the digital signature does.',
          )}
        </p>
      </div>
      {error && <Banner state="bad">{error}</Banner>}
      <Show loaded={loaded}>
        {({ picture }) => (
          <>
            {picture && (
              <section class="grid gap-3 justify-items-start">
                <Ink picture={picture} name={t('Chữ ký tay của anh/chị', 'Your handwritten signature')} />
                <p class="text-sm text-quiet">
                  {t('Gửi ngày', 'Sent on')} {formatDate(picture.madeAt)}
                </p>
                <button type="button" class="button" disabled={isBusy} onClick={remove}>
                  {t('Xoá ảnh này', 'Remove it')}
                </button>
              </section>
            )}
            <DropFile
              icon="signature"
              accept="image/*"
              name={t('Ảnh chữ ký', 'Picture of the signature')}
              title={picture ? t('Thay bằng ảnh khác', 'Send another') : t('Chụp hoặc quét chữ ký', 'Your signature')}
              note={t(
                'Ký trên giấy trắng rồi chụp ngay bằng điện thoại, hoặc chọn ảnh quét (PNG nền trong suốt càng tốt). Chỉ nét mực được giữ, đổi thành màu xanh.',
                'Sign on white paper and take a photo of it, or choose a scan, a transparent PNG if you can. Only the ink is kept, in blue.',
              )}
              isBusy={isBusy}
              onFile={send}
            />
          </>
        )}
      </Show>
    </>
  );
}

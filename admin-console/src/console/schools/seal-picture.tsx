import { useState } from 'preact/hooks';
import { useRoute } from 'preact-iso';
import { api, must } from '../../design/api.ts';
import { DropFile } from '../../design/drop.tsx';
import { formOf } from '../../design/file.ts';
import { Banner, Field } from '../../design/form.tsx';
import { Ink } from '../../design/ink.tsx';
import { formatDate, formatNumber, t } from '../../design/language.ts';
import { useAction, useLoad } from '../../design/load.ts';
import { pngOf } from '../../design/png.ts';
import { Empty, Show } from '../../design/show.tsx';
import { approvalPath } from '../approvals/passkey-act.ts';
import { mayDo } from '../may.ts';
import { Title } from '../parts.tsx';
import { useProposed } from '../proposed.ts';

/** `/admin/schools/:id/seal-picture`: the seal as it is seen on documents, and what waits for the second person. */
export function SealPicture() {
  const { id = '' } = useRoute().params;
  const [loaded] = useLoad(`seal picture ${id}`, async () => {
    const params = { path: { organisationId: id } };
    const [school, pictures] = await Promise.all([
      must(api.GET('/api/v1/organisations/{id}', { params: { path: { id } } })),
      must(api.GET('/api/v1/signing/organisations/{organisationId}/seal-picture', { params })),
    ]);
    return { school, ...pictures };
  });
  return (
    <Show loaded={loaded}>
      {({ school, current, waiting }) => (
        <>
          <Title
            title={t('Hình con dấu', 'Picture of the seal')}
            icon="stamp"
            back={{ href: `/admin/schools/${school.id}/sealing`, label: t('Máy đóng dấu', 'Sealing machines') }}
            note={t(
              'Hiện màu đỏ, đúng cỡ thật, trùm một phần ba bên trái chữ ký. Hình không chứng minh gì; dấu số mới chứng minh.',
              'Drawn in red, in its true size, over the left third of the signature. It proves nothing; the digital seal does.',
            )}
          />
          {waiting.map((one) => (
            <section key={one.approvalId} class="card grid gap-3 justify-items-start max-w-xl">
              <h2>{t('Chờ người thứ hai', 'Waits for a second person')}</h2>
              <Ink picture={one} widthMm={one.widthMm} name={t('Hình con dấu được đề nghị', 'The proposed picture')} />
              <p class="text-sm text-quiet">{sizeOf(one)}</p>
              <a class="button" href={approvalPath(one.approvalId)}>
                {t('Xem việc duyệt', 'See the approval')}
              </a>
            </section>
          ))}
          {current ? (
            <section class="grid gap-3 justify-items-start">
              <h2>{t('Đang dùng', 'In use')}</h2>
              <Ink
                picture={current}
                widthMm={current.widthMm}
                name={t('Hình con dấu đang dùng', 'The picture in use')}
              />
              <p class="text-sm text-quiet">{sizeOf(current)}</p>
            </section>
          ) : (
            waiting.length === 0 && <Empty icon="stamp">{t('Chưa có hình con dấu.', 'There is none yet.')}</Empty>
          )}
          {mayDo(school)('signing.seal') && <Propose id={school.id} />}
        </>
      )}
    </Show>
  );
}

const sizeOf = ({ widthMm, madeAt }: { readonly widthMm: number; readonly madeAt: string }) =>
  t(
    `Ngang ${formatNumber(widthMm)} mm · gửi ngày ${formatDate(madeAt)}`,
    `${formatNumber(widthMm)} mm wide · sent on ${formatDate(madeAt)}`,
  );

/** The clerk sends a scan; nothing is drawn with it before a security officer has agreed. */
function Propose({ id }: { readonly id: string }) {
  const [widthMm, setWidth] = useState('36');
  const { isBusy, error, run } = useAction();
  const proposed = useProposed();
  const send = (file: File) =>
    run(async () => {
      const path = '/api/v1/signing/organisations/{organisationId}/seal-picture';
      const params = { path: { organisationId: id }, query: { widthMm: Number(widthMm) } };
      const body = formOf({}, await pngOf(file)) as never; // the document does not say what is in a form
      const bodySerializer = (form: unknown) => form as FormData;
      proposed(await must(api.POST(path, { params, body, bodySerializer } as never)));
    });
  return (
    <section class="grid gap-4 max-w-xl">
      <h2>{t('Đề nghị hình khác', 'Propose a picture')}</h2>
      {error && <Banner state="bad">{error}</Banner>}
      <Field
        label={t('Bề ngang thật của con dấu, mm', 'True width of the seal, mm')}
        name="width"
        type="number"
        min={20}
        max={60}
        required
        value={widthMm}
        onInput={({ currentTarget }) => setWidth(currentTarget.value)}
      />
      <DropFile
        isField
        icon="stamp"
        accept="image/*"
        name={t('Hình con dấu', 'Picture of the seal')}
        title={t('Ảnh quét con dấu', 'A scan of the seal')}
        note={t(
          'PNG nền trong suốt, hoặc ảnh quét trên giấy trắng. Cán bộ an toàn thông tin so với mẫu dấu rồi duyệt.',
          'A transparent PNG, or a scan on white paper. A security officer compares it with the specimen, and approves.',
        )}
        isBusy={isBusy}
        onFile={send}
      />
    </section>
  );
}

import { useState } from 'preact/hooks';
import { api, must } from '../../design/api.ts';
import { Tick } from '../../design/choices.tsx';
import { ActButton } from '../../design/dialog.tsx';
import { useKept } from '../../design/keep.ts';
import { formatDate, t } from '../../design/language.ts';
import { Show } from '../../design/show.tsx';
import { Table } from '../../design/table.tsx';
import type { paths } from '../../generated/api.d.ts';
import { usePages } from '../pages.ts';
import { More } from '../parts.tsx';
import { useProposed } from '../proposed.ts';

type Phone =
  paths['/api/v1/signing/enrolments']['get']['responses']['200']['content']['application/json']['items'][number];

/** Phones that sign now, and until when. */
export function EnrolledPhones() {
  const [isOpen, setOpen] = useState(false);
  return (
    <details onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>{t('Điện thoại đang ký được', 'Phones that can sign')}</summary>
      {isOpen && <EnrolledList />}
    </details>
  );
}

const reasons = ['lost', 'replaced', 'left'] as const;

/** Who lost the phone calls: it is stopped at once, and ended by two people. */
function EndPhone({ phone: { id, person, deviceName } }: { readonly phone: Phone }) {
  const [reason, setReason] = useKept<(typeof reasons)[number]>(`why ${id}`, 'lost');
  const isProposed = useProposed();
  const names = {
    lost: t('Mất máy, có thể người khác đang giữ', 'It is lost, and somebody else may have it'),
    replaced: t('Đổi sang máy khác', 'It is replaced by another'),
    left: t('Người này không ký nữa', 'This person signs no longer'),
  };
  return (
    <ActButton
      bad
      label={t('Ngừng máy này', 'Stop it')}
      question={t(`Ngừng ký bằng «${deviceName}» của ${person.fullName}?`, `Stop signing on “${deviceName}”?`)}
      confirm={t('Ngừng ngay', 'Stop it now')}
      onConfirm={async () => {
        const params = { path: { id } };
        isProposed(await must(api.POST('/api/v1/signing/enrolments/{id}/revoke', { params, body: { reason } })));
      }}
    >
      <fieldset class="grid gap-1">
        <legend class="font-semibold mb-1">{t('Vì sao', 'Why')}</legend>
        {reasons.map((one) => (
          <Tick key={one} type="radio" name="why" checked={reason === one} onChange={() => setReason(one)}>
            {names[one]}
          </Tick>
        ))}
      </fieldset>
      <p>
        {t(
          'Chứng thư tạm dừng ngay khi bấm; thu hồi hẳn thì cần một cán bộ khác duyệt. Chữ ký đã có trước đó vẫn còn giá trị.',
          'The certificate is suspended at once; revoking it takes another officer. Signatures made before stay valid.',
        )}
      </p>
    </ActButton>
  );
}

function EnrolledList() {
  const { loaded, more } = usePages('enrolled phones', (cursor) =>
    must(
      api.GET('/api/v1/signing/enrolments', {
        params: { query: { state: 'enrolled', limit: 50, ...(cursor ? { cursor } : {}) } },
      }),
    ),
  );
  return (
    <Show loaded={loaded}>
      {(phones) => (
        <>
          <Table
            label={t('Điện thoại đang ký được', 'Phones that can sign')}
            heads={[
              t('Người ký', 'Signer'),
              t('Điện thoại', 'Phone'),
              t('Chứng thư có giá trị đến', 'Certificate valid until'),
              t('Giúp', 'Help'),
            ]}
          >
            {phones.map((one) => (
              <tr key={one.id}>
                <td>
                  <span class="font-semibold">{one.person.fullName}</span>
                  <span class="block text-sm text-quiet">
                    {one.title} · {one.organisation.name}
                  </span>
                </td>
                <td data-label={t('Điện thoại', 'Phone')}>{one.deviceName}</td>
                <td class="number" data-label={t('Có giá trị đến', 'Valid until')}>
                  {one.validUntil && (
                    <a href={`/admin/certificates/${one.certificateSerial}`}>{formatDate(one.validUntil)}</a>
                  )}
                </td>
                <td class="row-act py-1!">
                  <EndPhone phone={one} />
                </td>
              </tr>
            ))}
          </Table>
          {more && <More onClick={more} />}
        </>
      )}
    </Show>
  );
}

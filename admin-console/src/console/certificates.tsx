import { useState } from 'preact/hooks';
import { api, must } from '../design/api.ts';
import { Banner } from '../design/form.tsx';
import { formatDate, formatTime, t } from '../design/language.ts';
import { useAction, useLoad } from '../design/load.ts';
import { State } from '../design/mark.tsx';
import { useMay } from './me.ts';
import { usePages } from './pages.ts';
import { Empty, More, Show, TableFrame, Title } from './parts.tsx';
import { profileName, reasonName } from './words.ts';

/** Our authorities with the freshness of their lists; every certificate with what is left of its life. */
export function Certificates() {
  const [authorities] = useLoad('authorities', () => must(api.GET('/api/v1/authorities')));
  const [round, setRound] = useState(0);
  const { loaded, more } = usePages(`certificates ${round}`, (cursor) =>
    must(api.GET('/api/v1/certificates', { params: { query: { limit: 50, ...(cursor ? { cursor } : {}) } } })),
  );
  return (
    <>
      <Title title={t('Chứng thư', 'Certificates')} />
      <Show loaded={authorities}>
        {({ items }) => (
          <ul class="grid gap-4 md:grid-cols-3">
            {items.map((one) => (
              <li key={one.id} class="card grid gap-1 content-start">
                <span class="font-semibold">{one.name}</span>
                <span class="text-sm text-quiet">
                  {t('đến', 'until')} {formatDate(one.notAfter)}
                </span>
                {one.crl && (
                  <span class="text-sm">
                    {t('Danh sách thu hồi số', 'Revocation list number')} {one.crl.number},{' '}
                    {t('có hiệu lực đến', 'good until')} {formatTime(one.crl.nextUpdate)}
                  </span>
                )}
                <span class="text-sm">
                  <a href={`/pki/${one.id}.crt`}>{t('Tải chứng thư', 'Download')}</a> ·{' '}
                  <a href={`/pki/${one.id}.crl`}>CRL</a>
                </span>
              </li>
            ))}
          </ul>
        )}
      </Show>
      <Show loaded={loaded}>
        {(certificates) =>
          certificates.length === 0 ? (
            <Empty>{t('Chưa cấp chứng thư nào.', 'No certificate was issued yet.')}</Empty>
          ) : (
            <TableFrame label={t('Chứng thư đã cấp', 'Certificates issued')}>
              <table class="table">
                <thead>
                  <tr>
                    <th scope="col">{t('Của', 'Subject')}</th>
                    <th scope="col">{t('Loại', 'Profile')}</th>
                    <th scope="col">{t('Hết hạn', 'Expires')}</th>
                    <th scope="col">{t('Trạng thái', 'State')}</th>
                    <th scope="col">
                      <span class="sr-only">{t('Việc', 'Actions')}</span>
                    </th>
                  </tr>
                </thead>
                <tbody>
                  {certificates.map((one) => (
                    <tr key={one.serial}>
                      <td>
                        {one.subject}
                        <span class="block text-sm text-quiet number">{one.serial.slice(0, 16)}…</span>
                      </td>
                      <td data-label={t('Loại', 'Profile')}>{profileName(one.profile)}</td>
                      <td class="number" data-label={t('Hết hạn', 'Expires')}>
                        {formatDate(one.notAfter)}
                      </td>
                      <td>
                        {one.status === 'valid' && <State state="good">{t('Hiệu lực', 'Valid')}</State>}
                        {one.status === 'expired' && <State state="plain">{t('Hết hạn', 'Expired')}</State>}
                        {one.status === 'revoked' && (
                          <State state="bad">{`${t('Thu hồi', 'Revoked')}: ${reasonName(one.reason ?? '')}`}</State>
                        )}
                      </td>
                      <td>
                        {one.status === 'valid' && ['official', 'seal'].includes(one.profile) && (
                          <Revoke serial={one.serial} onDone={() => setRound(round + 1)} />
                        )}
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </TableFrame>
          )
        }
      </Show>
      {more && <More onClick={more} />}
    </>
  );
}

function Revoke({ serial, onDone }: { readonly serial: string; readonly onDone: () => void }) {
  const mayRevoke = useMay('certificates.revoke');
  const { isBusy, error, run } = useAction();
  if (!mayRevoke) return null;
  const revoke = () =>
    run(async () => {
      if (
        !confirm(
          t(
            'Thu hồi là vĩnh viễn: người này không ký được nữa cho tới khi đăng ký lại. Thu hồi?',
            'Revocation is for good: this person cannot sign until enrolled again. Revoke?',
          ),
        )
      )
        return;
      await must(
        api.POST('/api/v1/certificates/{serial}/revoke', {
          params: { path: { serial } },
          body: { reason: 'keyCompromise' },
        }),
      );
      onDone();
    });
  return (
    <>
      <button type="button" class="button button-bad" disabled={isBusy} onClick={revoke}>
        {t('Thu hồi', 'Revoke')}
      </button>
      {error && <Banner state="bad">{error}</Banner>}
    </>
  );
}

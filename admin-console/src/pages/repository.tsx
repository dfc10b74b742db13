import type { RepositoryProps } from '@edutrust/certs/pages';
import { Icon } from '../design/icon.tsx';
import { formatDate, formatTime, t } from '../design/language.ts';
import { Row, Ruled } from '../design/ruled.tsx';

const groups = (hex: string) => hex.toUpperCase().match(/.{4}/g)?.join(' ') ?? '';

/** `/pki`: how to trust us, and everything that checks what we issue. */
export function Repository({ authorities, ocspAddress, timeStampAddress, policies }: RepositoryProps) {
  return (
    <>
      <div>
        <h1>{t('Kho chứng thư công khai', 'Public certificate repository')}</h1>
        <p class="text-quiet">
          {t(
            'Mọi thứ cần để tự kiểm chữ ký do hệ thống cấp: chứng thư, danh sách thu hồi, địa chỉ dịch vụ.',
            'Everything to check our signatures by yourself: certificates, revocation lists, addresses of the services.',
          )}
        </p>
      </div>
      <section class="grid gap-3">
        <h2>{t('Cơ quan cấp chứng thư', 'Certificate authorities')}</h2>
        <Ruled onMargin>
          {authorities.map(({ id, name, role, notAfter, sha256, certificatePath, list, isRetired }) => (
            <Row
              key={id}
              mark={isRetired ? 'later' : 'good'}
              title={
                <>
                  {name}
                  {role === 'root' && !isRetired && ` · ${t('gốc', 'root')}`}
                  {isRetired && ` · ${t('đã thôi cấp', 'no longer issues')}`}
                </>
              }
              note={
                <>
                  {t('Hết hạn', 'Ends')} {formatDate(notAfter)}
                  {list &&
                    ` · ${t(
                      `danh sách thu hồi số ${list.number}, dùng được đến`,
                      `revocation list ${list.number}, good until`,
                    )} ${formatTime(list.nextUpdate)}`}
                </>
              }
              act={
                <>
                  <a class="button" href={certificatePath} aria-label={`${t('Tải chứng thư', 'Certificate')}: ${name}`}>
                    <Icon name="download" />
                    {t('Chứng thư', 'Certificate')}
                  </a>
                  {list && (
                    <a
                      class="button"
                      href={list.path}
                      aria-label={`${t('Danh sách thu hồi', 'Revocation list')}: ${name}`}
                    >
                      {t('Danh sách thu hồi', 'Revocation list')}
                    </a>
                  )}
                </>
              }
            >
              <p class="text-sm break-words mt-2">
                <span class="text-quiet">SHA-256</span> <span class="code whitespace-normal">{groups(sha256)}</span>
              </p>
            </Row>
          ))}
        </Ruled>
      </section>
      <section class="grid gap-2">
        <h2>{t('Để phần mềm khác tin chữ ký', 'To make your software trust the signatures')}</h2>
        <ol class="list-decimal pl-5 grid gap-2">
          <li>
            {t(
              'Tải chứng thư gốc, so dấu SHA-256 ở trên với văn bản giấy của Sở.',
              'Download the root and compare its SHA-256 above with the department’s letter.',
            )}
          </li>
          <li>
            {t(
              'Adobe Reader: Preferences → Signatures → Identities & Trusted Certificates → Trusted Certificates → Import, rồi chọn “Use this certificate as a trusted root”.',
              'Adobe Reader: Preferences → Signatures → Identities & Trusted Certificates → Trusted Certificates → Import, then “Use this certificate as a trusted root”.',
            )}
          </li>
          <li>
            {t('Dòng lệnh', 'Command line')}:{' '}
            <code class="break-words">
              certutil -A -d sql:nss -n edutrust -t C,C,C -i root.crt; pdfsig -nssdir sql:nss …
            </code>
          </li>
        </ol>
        <p>
          <a href="/verify">{t('Hoặc kiểm tra tệp ngay tại đây', 'Or check a file right here')}</a>
        </p>
      </section>
      <section class="grid gap-2">
        <h2>{t('Dịch vụ và chính sách', 'Services and policies')}</h2>
        <dl class="facts text-sm">
          <dt>OCSP (RFC 6960)</dt>
          <dd class="break-all">{ocspAddress}</dd>
          <dt>{t('Dấu thời gian (RFC 3161)', 'Time stamps (RFC 3161)')}</dt>
          <dd class="break-all">{timeStampAddress}</dd>
          <dt>{t('Chính sách: cá nhân', 'Policy: people')}</dt>
          <dd class="break-all">{policies.official}</dd>
          <dt>{t('Chính sách: đơn vị', 'Policy: organisations')}</dt>
          <dd class="break-all">{policies.seal}</dd>
          <dt>{t('Chính sách: dịch vụ', 'Policy: services')}</dt>
          <dd class="break-all">{policies.services}</dd>
          <dt>{t('Chính sách: dấu thời gian', 'Policy: time stamps')}</dt>
          <dd class="break-all">{policies.timeStamps}</dd>
        </dl>
        <p class="flex flex-wrap gap-4">
          <a href="/pki/cps">{t('Quy chế chứng thực (CPS)', 'Certification practice statement (CPS)')}</a>
          <a href="/pki/cp">{t('Chính sách chứng thư (CP)', 'Certificate policy (CP)')}</a>
        </p>
      </section>
    </>
  );
}

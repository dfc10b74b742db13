import { api, must } from '../design/api.ts';
import { Tick } from '../design/choices.tsx';
import { ActButton } from '../design/dialog.tsx';
import { EntryForm, useEntry } from '../design/entry.tsx';
import { Field, Lines } from '../design/form.tsx';
import { Icon } from '../design/icon.tsx';
import { useKept } from '../design/keep.ts';
import { formatDate, t } from '../design/language.ts';
import { useLoad } from '../design/load.ts';
import { State } from '../design/mark.tsx';
import { Empty, Show } from '../design/show.tsx';
import type { paths } from '../generated/api.d.ts';
import { useMay } from './me.ts';
import { Hex, Title } from './parts.tsx';
import { useProposed } from './proposed.ts';

type Anchor = paths['/api/v1/trust-anchors']['get']['responses']['200']['content']['application/json']['items'][number];

type Purpose = Anchor['purposes'][number];
const allPurposes = ['documents', 'time-stamps'] as const;
const purposeName = (purpose: Purpose) =>
  purpose === 'documents' ? t('chữ ký trên tài liệu', 'signatures on documents') : t('dấu thời gian', 'time stamps');

/** Other people's roots that the department trusts: for what, until when, for whom. */
export function Anchors() {
  const [loaded] = useLoad('anchors', () => must(api.GET('/api/v1/trust-anchors')));
  const mayWrite = useMay('anchors.write');
  return (
    <>
      <Title
        title={t('Gốc tin cậy khác', 'Other trusted roots')}
        note={t(
          'Mặc định chỉ tin gốc của hệ thống. Thêm gốc của Ban Cơ yếu hoặc CA công cộng để kiểm được chữ ký của họ.',
          'Only our own root is trusted by default. Add others’ to be able to verify their signatures.',
        )}
        back={{ href: '/admin/certificates', label: t('Chứng thư', 'Certificates') }}
      >
        {mayWrite && (
          <a class="button button-primary" href="/admin/anchors/new">
            <Icon name="plus" />
            {t('Tin cậy một gốc khác', 'Trust another root')}
          </a>
        )}
      </Title>
      <Show loaded={loaded}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty>{t('Chưa tin gốc nào khác.', 'No other root is trusted yet.')}</Empty>
          ) : (
            <ul class="grid gap-3 md:grid-cols-2">
              {items.map((one) => (
                <li key={one.id} class="grid">
                  <AnchorCard anchor={one} mayEnd={mayWrite} />
                </li>
              ))}
            </ul>
          )
        }
      </Show>
    </>
  );
}

function AnchorCard({ anchor, mayEnd }: { readonly anchor: Anchor; readonly mayEnd: boolean }) {
  const proposed = useProposed();
  const { id, name, subject, sha256, purposes, notAfter, trustedFrom, trustedUntil, permittedNames, endedAt } = anchor;
  return (
    <article class="card grid gap-2 content-start">
      <div class="flex flex-wrap gap-2 justify-between items-start">
        <h2>{name}</h2>
        {endedAt ? (
          <State state="plain">{`${t('Thôi tin từ', 'Not trusted since')} ${formatDate(endedAt)}`}</State>
        ) : (
          <State state="good">{t('Đang tin', 'Trusted')}</State>
        )}
      </div>
      <p class="text-sm break-words">{subject}</p>
      <dl class="text-sm grid grid-cols-[auto_1fr] gap-x-3 gap-y-1">
        <dt class="text-quiet">{t('Cho', 'For')}</dt>
        <dd>{purposes.map(purposeName).join(', ')}</dd>
        <dt class="text-quiet">{t('Thời gian', 'Time')}</dt>
        <dd class="number">
          {trustedFrom ? formatDate(trustedFrom) : t('từ đầu', 'from its start')} –{' '}
          {formatDate(trustedUntil ?? notAfter)}
        </dd>
        <dt class="text-quiet">{t('Chỉ với tên', 'Names')}</dt>
        <dd>{permittedNames.length > 0 ? permittedNames.join('; ') : t('mọi tên', 'any')}</dd>
        <dt class="text-quiet">SHA-256</dt>
        <dd>
          <Hex hex={sha256} />
        </dd>
      </dl>
      {mayEnd && !endedAt && (
        <div>
          <ActButton
            bad
            label={t('Thôi tin cậy', 'Stop trusting')}
            question={t(`Thôi tin cậy ${name}?`, `Stop trusting ${name}?`)}
            confirm={t('Đề nghị thôi tin cậy', 'Propose it')}
            onConfirm={async () =>
              proposed(await must(api.POST('/api/v1/trust-anchors/{id}/end', { params: { path: { id } } })))
            }
          >
            <p>
              {t(
                'Chữ ký dựa vào gốc này sẽ không còn được nhận là tin cậy. Người thứ hai xác nhận rồi mới có hiệu lực.',
                'Signatures that lead to this root are no longer trusted. It counts once a second person has confirmed.',
              )}
            </p>
          </ActButton>
        </div>
      )}
    </article>
  );
}

/** `/admin/anchors/new`: another root, for what and for whom it counts. A second person decides. */
export function NewAnchor() {
  const proposed = useProposed();
  const entry = useEntry('new anchor', {
    name: '',
    certificatePem: '',
    trustedFrom: '',
    trustedUntil: '',
    permittedNames: '',
  });
  const [purposes, setPurposes] = useKept<readonly Purpose[]>('purposes of new anchor', ['documents']);
  return (
    <>
      <Title
        title={t('Tin cậy một gốc khác', 'Trust another root')}
        note={t('Người thứ hai xác nhận rồi mới có hiệu lực.', 'It counts once a second person has confirmed.')}
        back={{ href: '/admin/anchors', label: t('Gốc tin cậy khác', 'Other trusted roots') }}
      />
      <EntryForm
        entry={entry}
        submit={t('Tin cậy gốc này', 'Trust this root')}
        cancel="/admin/anchors"
        onSubmit={async ({ name, certificatePem, trustedFrom, trustedUntil, permittedNames }) => {
          const day = (text: string, end: string) => (text ? `${text}T${end}+07:00` : null);
          const body = {
            name: name.trim(),
            certificatePem: certificatePem.trim(),
            purposes: [...purposes],
            trustedFrom: day(trustedFrom, '00:00:00'),
            trustedUntil: day(trustedUntil, '23:59:59'),
            permittedNames: permittedNames
              .split('\n')
              .map((line) => line.trim())
              .filter(Boolean),
          };
          proposed(await must(api.POST('/api/v1/trust-anchors', { body })));
        }}
      >
        <Field
          label={t('Tên dễ nhớ', 'A name to know it by')}
          required
          maxlength={200}
          autocomplete="off"
          {...entry.field('name')}
        />
        <Lines
          label={t('Chứng thư gốc (PEM)', 'Root certificate (PEM)')}
          hint={t('Bắt đầu bằng -----BEGIN CERTIFICATE-----', 'It begins with -----BEGIN CERTIFICATE-----')}
          rows={6}
          {...entry.field('certificatePem')}
        />
        <fieldset class="grid gap-2">
          <legend class="font-semibold mb-1">{t('Tin để kiểm', 'Trusted for')}</legend>
          {allPurposes.map((purpose) => (
            <Tick
              key={purpose}
              checked={purposes.includes(purpose)}
              onChange={(on) =>
                setPurposes(allPurposes.filter((one) => (one === purpose ? on : purposes.includes(one))))
              }
            >
              {purposeName(purpose)}
            </Tick>
          ))}
        </fieldset>
        <div class="grid gap-5 sm:grid-cols-2">
          <Field label={t('Từ ngày (không bắt buộc)', 'From (optional)')} type="date" {...entry.field('trustedFrom')} />
          <Field
            label={t('Đến hết ngày (không bắt buộc)', 'Until (optional)')}
            type="date"
            {...entry.field('trustedUntil')}
          />
        </div>
        <Lines
          label={t('Chỉ với những tên này (không bắt buộc)', 'Only these names (optional)')}
          hint={t(
            'Mỗi dòng một tên, phần chung nhất trước, như C=VN, O=Ban Cơ yếu Chính phủ.',
            'One name per line, most general part first, like C=VN, O=Ban Cơ yếu Chính phủ.',
          )}
          rows={2}
          {...entry.field('permittedNames')}
        />
      </EntryForm>
    </>
  );
}

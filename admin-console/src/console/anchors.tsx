import { api, must } from '../design/api.ts';
import { Banner, Field } from '../design/form.tsx';
import { formatDate, t } from '../design/language.ts';
import { useAction, useLoad } from '../design/load.ts';
import { State } from '../design/mark.tsx';
import { Empty, Show } from '../design/show.tsx';
import type { paths } from '../generated/api.d.ts';
import { useMay } from './me.ts';
import { Hex, Title } from './parts.tsx';
import { useProposed } from './proposed.ts';

type Anchor = paths['/api/v1/trust-anchors']['get']['responses']['200']['content']['application/json']['items'][number];

const purposeName = (purpose: string) =>
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
      />
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
      {mayWrite && <AddAnchor />}
    </>
  );
}

function AnchorCard({ anchor, mayEnd }: { readonly anchor: Anchor; readonly mayEnd: boolean }) {
  const { isBusy, error, run } = useAction();
  const proposed = useProposed();
  const { id, name, subject, sha256, purposes, notAfter, trustedFrom, trustedUntil, permittedNames, endedAt } = anchor;
  const end = () =>
    run(async () => {
      proposed(await must(api.POST('/api/v1/trust-anchors/{id}/end', { params: { path: { id } } })));
    });
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
      {error && <Banner state="bad">{error}</Banner>}
      {mayEnd && !endedAt && (
        <button type="button" class="button button-bad justify-self-start" disabled={isBusy} onClick={end}>
          {t('Thôi tin cậy', 'Stop trusting')}
        </button>
      )}
    </article>
  );
}

function AddAnchor() {
  const { isBusy, error, run } = useAction();
  const proposed = useProposed();
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const data = new FormData(form);
    const text = (name: string) => String(data.get(name) ?? '').trim();
    const day = (name: string, end: string) => (text(name) ? `${text(name)}T${end}+07:00` : null);
    return run(async () => {
      const answer = await must(
        api.POST('/api/v1/trust-anchors', {
          body: {
            name: text('name'),
            certificatePem: text('certificatePem'),
            purposes: data.getAll('purposes').map(String) as ('documents' | 'time-stamps')[],
            trustedFrom: day('trustedFrom', '00:00:00'),
            trustedUntil: day('trustedUntil', '23:59:59'),
            permittedNames: text('permittedNames')
              .split('\n')
              .map((line) => line.trim())
              .filter(Boolean),
          },
        }),
      );
      proposed(answer);
    });
  };
  return (
    <form class="card grid gap-4" onSubmit={submit}>
      <h2>{t('Thêm gốc tin cậy', 'Trust another root')}</h2>
      {error && <Banner state="bad">{error}</Banner>}
      <Field label={t('Tên dễ nhớ', 'A name to know it by')} name="name" required maxlength={200} autocomplete="off" />
      <label class="grid gap-1">
        <span class="font-semibold">{t('Chứng thư gốc (PEM)', 'Root certificate (PEM)')}</span>
        <textarea
          name="certificatePem"
          rows={6}
          required
          class="control number"
          placeholder="-----BEGIN CERTIFICATE-----"
          spellcheck={false}
        />
      </label>
      <fieldset class="grid gap-1">
        <legend class="font-semibold">{t('Tin để kiểm', 'Trusted for')}</legend>
        {(['documents', 'time-stamps'] as const).map((purpose) => (
          <label key={purpose} class="flex items-center gap-3 min-h-11">
            <input type="checkbox" name="purposes" value={purpose} checked={purpose === 'documents'} class="tick" />
            {purposeName(purpose)}
          </label>
        ))}
      </fieldset>
      <div class="grid gap-4 sm:grid-cols-2">
        <Field label={t('Từ ngày (không bắt buộc)', 'From (optional)')} name="trustedFrom" type="date" />
        <Field label={t('Đến hết ngày (không bắt buộc)', 'Until (optional)')} name="trustedUntil" type="date" />
      </div>
      <label class="grid gap-1">
        <span class="font-semibold">{t('Chỉ với những tên này (không bắt buộc)', 'Only these names (optional)')}</span>
        <textarea
          name="permittedNames"
          rows={2}
          class="control"
          placeholder="C=VN, O=Ban Cơ yếu Chính phủ"
          spellcheck={false}
        />
        <span class="text-sm text-quiet">
          {t('Mỗi dòng một tên, phần chung nhất trước.', 'One name per line, most general part first.')}
        </span>
      </label>
      <button type="submit" class="button button-primary justify-self-start" disabled={isBusy}>
        {t('Tin cậy gốc này', 'Trust this root')}
      </button>
    </form>
  );
}

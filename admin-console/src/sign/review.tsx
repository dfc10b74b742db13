import { useEffect, useRef, useState } from 'preact/hooks';
import { api, must } from '../design/api.ts';
import { Banner, Field } from '../design/form.tsx';
import { t } from '../design/language.ts';
import { useAction, useLoad } from '../design/load.ts';

/** Reading one document as it will be signed, page by page, and deciding. */
export function Review({
  id,
  onBack,
  onSign,
}: {
  readonly id: string;
  readonly onBack: () => void;
  readonly onSign: () => void;
}) {
  const [request] = useLoad(id, () => must(api.GET('/api/v1/signing/requests/{id}', { params: { path: { id } } })));
  const [isRejecting, setRejecting] = useState(false);
  if (request.state === 'failed') return <Banner state="bad">{request.message}</Banner>;
  return (
    <>
      <button type="button" class="button button-quiet justify-self-start -ml-3" onClick={onBack}>
        ‹ {t('Danh sách', 'List')}
      </button>
      {request.state === 'ready' && (
        <div>
          <h1>{request.data.title}</h1>
          <p class="text-quiet">
            {request.data.subject?.fullName} · {request.data.organisation.name}
          </p>
        </div>
      )}
      <Pages address={`/api/v1/signing/requests/${id}/document`} />
      {isRejecting && <Reject id={id} onDone={onBack} />}
      <div class="fixed inset-x-0 bottom-0 bg-paper border-t border-line p-3">
        <div class="mx-auto max-w-xl grid grid-cols-2 gap-3">
          <button type="button" class="button min-h-12" onClick={() => setRejecting(true)}>
            {t('Từ chối', 'Reject')}
          </button>
          <button type="button" class="button button-primary min-h-12" onClick={onSign}>
            {t('Ký', 'Sign')}
          </button>
        </div>
      </div>
    </>
  );
}

/** The PDF drawn page by page; the reader is loaded only now. */
function Pages({ address }: { readonly address: string }) {
  const host = useRef<HTMLDivElement>(null);
  const { error, run } = useAction();
  useEffect(() => {
    let isCurrent = true;
    run(async () => {
      const { drawDocument } = await import('./document.ts');
      if (isCurrent && host.current) await drawDocument(address, host.current, () => isCurrent);
    });
    return () => {
      isCurrent = false;
    };
  }, [address]);
  return (
    <>
      {error && <Banner state="bad">{error}</Banner>}
      <div ref={host} class="grid gap-4 pb-24" data-document aria-busy="true" />
    </>
  );
}

function Reject({ id, onDone }: { readonly id: string; readonly onDone: () => void }) {
  const [reason, setReason] = useState('');
  const { isBusy, error, run } = useAction();
  const reject = async () => {
    await must(api.POST('/api/v1/signing/requests/{id}/reject', { params: { path: { id } }, body: { reason } }));
    onDone();
  };
  return (
    <section class="card grid gap-3 mb-24">
      <Field
        label={t('Lý do từ chối', 'Why it is rejected')}
        name="reason"
        value={reason}
        minlength={3}
        maxlength={500}
        required
        onInput={(event) => setReason(event.currentTarget.value)}
        error={error}
      />
      <button
        type="button"
        class="button button-bad"
        disabled={isBusy || reason.trim().length < 3}
        onClick={() => run(reject)}
      >
        {t('Gửi lại cho người trình', 'Send it back')}
      </button>
    </section>
  );
}

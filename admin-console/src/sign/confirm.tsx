import { useState } from 'preact/hooks';
import { api, must } from '../design/api.ts';
import { Banner } from '../design/form.tsx';
import { formatTime, t } from '../design/language.ts';
import { useAction, useLoad } from '../design/load.ts';
import { State } from '../design/mark.tsx';
import { assertPasskey } from './passkey.ts';
import { Files } from './receipts.tsx';
import { Documents } from './review.tsx';
import { type DrawnSession, mustBeWhatIsShown, openSession, type Purpose, signHere } from './session.ts';

interface Result {
  readonly items: readonly {
    readonly requestId: string;
    readonly title: string;
    readonly state: string;
    readonly error: { readonly detail: string } | null;
  }[];
}

/**
 * WHAT is signed, the code that the requester sees too, and one tap. A document that was read just now comes with its
 * session; several are drawn here, and the tap is possible only once all of them are.
 */
export function Confirm({
  ids,
  purpose,
  opened: read,
  onDone,
}: {
  readonly ids: readonly string[];
  /** A person's signatures, or the school's seal by its clerk. */
  readonly purpose: Purpose;
  readonly opened?: DrawnSession;
  readonly onDone: () => void;
}) {
  const [isFresh, setFresh] = useState(read !== undefined);
  const [session, reload] = useLoad(ids.join(), async () => (isFresh && read ? read : openSession(ids, purpose)));
  const [drawn, setDrawn] = useState<DrawnSession | undefined>(read);
  const reopen = () => {
    setFresh(false);
    reload();
  };
  const [result, setResult] = useState<Result>();
  const { isBusy, error, run } = useAction();
  if (result) return <Results result={result} purpose={purpose} onDone={onDone} />;
  if (session.state === 'loading') return <p>{t('Đang chuẩn bị…', 'Preparing…')}</p>;
  if (session.state === 'failed') return <Failed message={session.message} onRetry={reopen} onDone={onDone} />;
  const opened = session.data;
  const { items, code4, expiresAt } = opened.session;
  const isDrawn = drawn?.session === opened.session;
  const count = items.length;
  return (
    <>
      <h1>{question(purpose, count)}</h1>
      <section class="card grid gap-2 text-center" aria-label={t('Mã đối chiếu', 'The code on both screens')}>
        <p class="text-quiet text-sm">
          {t('Mã này phải giống trên màn hình người trình', 'The requester’s screen shows the same code')}
        </p>
        <p class="number text-2xl font-semibold tracking-[0.3em]" data-code4>
          {code4}
        </p>
      </section>
      {error && (
        <Banner state="bad" live>
          {error}
        </Banner>
      )}
      <details class="card" open={count <= 3}>
        <summary class="min-h-11 cursor-pointer font-semibold">{t(`${count} tài liệu`, `${count} documents`)}</summary>
        <ul class="grid gap-2">
          {items.map(({ requestId, title }) => (
            <li key={requestId}>{title}</li>
          ))}
        </ul>
      </details>
      {opened !== read && <Documents files={opened.files} onDrawn={(pages) => setDrawn({ ...opened, pages })} />}
      <details class="text-sm pb-40">
        <summary class="min-h-11 cursor-pointer">{t('Chi tiết', 'Details')}</summary>
        <p>
          ECDSA P-256, SHA-256 · {t('hết hạn', 'expires')} {formatTime(expiresAt)}
        </p>
        {items.map(({ requestId, digestHex }) => (
          <p key={requestId} class="break-all text-quiet">
            {digestHex}
          </p>
        ))}
      </details>
      <div class="fixed inset-x-0 bottom-0 bg-paper border-t border-line p-3">
        <div class="mx-auto max-w-xl grid gap-2">
          <button
            type="button"
            class="button button-primary min-h-14"
            disabled={isBusy || !isDrawn}
            onClick={() => run(async () => drawn && setResult(await sign(drawn)))}
          >
            {isBusy
              ? t('Đang ký…', 'Signing…')
              : purpose === 'seal'
                ? t('Đóng dấu bằng passkey', 'Seal with the passkey')
                : t('Ký bằng passkey', 'Sign with the passkey')}
          </button>
          <button type="button" class="button" disabled={isBusy} onClick={onDone}>
            {t('Để sau', 'Not now')}
          </button>
        </div>
      </div>
    </>
  );
}

function question(purpose: Purpose, count: number): string {
  if (purpose === 'seal') {
    return count === 1
      ? t('Đóng dấu tài liệu này?', 'Seal this document?')
      : t(`Đóng dấu ${count} tài liệu?`, `Seal ${count} documents?`);
  }
  return count === 1
    ? t('Ký tài liệu này?', 'Sign this document?')
    : t(`Ký ${count} tài liệu?`, `Sign ${count} documents?`);
}

function Failed({
  message,
  onRetry,
  onDone,
}: {
  readonly message: string;
  readonly onRetry: () => void;
  readonly onDone: () => void;
}) {
  return (
    <>
      <Banner state="bad">{message}</Banner>
      <button type="button" class="button button-primary" onClick={onRetry}>
        {t('Thử lại', 'Try again')}
      </button>
      <button type="button" class="button" onClick={onDone}>
        {t('Danh sách', 'List')}
      </button>
    </>
  );
}

/** Checks that the challenge is exactly the list, asks the passkey, signs here, and sends. */
async function sign({ session, files, pages }: DrawnSession): Promise<Result> {
  await mustBeWhatIsShown(session);
  const { assertion, prfOutput } = await assertPasskey(session.assertionOptions);
  const signatures = session.custody === 'device' ? await signHere(session, prfOutput) : [];
  const drawn = files.map(({ requestId, digestHex }) => ({ requestId, digestHex, pages: pages.get(requestId) ?? 0 }));
  return must(
    api.POST('/api/v1/signing/sessions/{id}/confirm', {
      params: { path: { id: session.id } },
      body: { assertion: assertion as never, signatures, drawn }, // the browser's own JSON form, which the schema describes
    }),
  );
}

/** What came of each document: what failed first, then the receipts. */
function Results({
  result,
  purpose,
  onDone,
}: {
  readonly result: Result;
  readonly purpose: Purpose;
  readonly onDone: () => void;
}) {
  const failed = result.items.filter(({ state }) => state === 'failed');
  const others = result.items.filter(({ state }) => state !== 'failed');
  const done = purpose === 'seal' ? t('Đã đóng dấu xong', 'Sealed') : t('Đã ký xong', 'Signed');
  return (
    <>
      <h1>
        {failed.length === 0
          ? done
          : t(`${failed.length} tài liệu chưa ký được`, `${failed.length} documents were not signed`)}
      </h1>
      <ul class="grid gap-3 pb-24">
        {[...failed, ...others].map(({ requestId, title, state, error }) => (
          <li key={requestId} class="card grid gap-2">
            <span class="font-semibold">{title}</span>
            <span>
              {state === 'signed' && <State state="good">{t('Đã ký', 'Signed')}</State>}
              {state === 'pending' && <State state="warn">{t('Đang hoàn tất', 'Being completed')}</State>}
              {state === 'failed' && <State state="bad">{t('Chưa ký', 'Not signed')}</State>}
            </span>
            {error && <span class="text-sm">{error.detail}</span>}
            {state === 'signed' && <Files id={requestId} code={requestId.slice(0, 8)} title={title} />}
          </li>
        ))}
      </ul>
      <div class="fixed inset-x-0 bottom-0 bg-paper border-t border-line p-3">
        <div class="mx-auto max-w-xl grid">
          <button type="button" class="button button-primary min-h-12" onClick={onDone}>
            {t('Về danh sách', 'To the list')}
          </button>
        </div>
      </div>
    </>
  );
}

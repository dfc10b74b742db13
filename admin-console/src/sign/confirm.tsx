import { useState } from 'preact/hooks';
import { api, must } from '../design/api.ts';
import { Banner } from '../design/form.tsx';
import { formatTime, t } from '../design/language.ts';
import { useAction, useLoad } from '../design/load.ts';
import { State } from '../design/mark.tsx';
import { assertPasskey } from './passkey.ts';
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
  purpose = 'sign',
  opened: read,
  onDone,
}: {
  readonly ids: readonly string[];
  readonly purpose?: Purpose;
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
  const isSeal = purpose === 'seal';
  if (session.state === 'loading') return <p>{t('Đang chuẩn bị…', 'Preparing…')}</p>;
  if (session.state === 'failed') return <Failed message={session.message} onRetry={reopen} onDone={onDone} />;
  const opened = session.data;
  const { items, code4, expiresAt } = opened.session;
  return (
    <>
      <h1>
        {isSeal
          ? t(`Đóng dấu ${ids.length} văn bản?`, `Seal ${ids.length} documents?`)
          : ids.length === 1
            ? t('Ký tài liệu này?', 'Sign this document?')
            : t(`Ký ${ids.length} tài liệu?`, `Sign ${ids.length} documents?`)}
      </h1>
      <section class="card grid gap-3" aria-label={t('Nội dung sẽ ký', 'What will be signed')}>
        <ul class="grid gap-2">
          {items.map(({ requestId, title }) => (
            <li key={requestId} class="font-semibold">
              {title}
            </li>
          ))}
        </ul>
        <p class="text-quiet text-sm">
          {t('Mã đối chiếu với màn hình người trình:', 'The code that the requester sees too:')}
        </p>
        <p class="number text-2xl font-semibold tracking-[0.3em] text-center" data-code4>
          {code4}
        </p>
      </section>
      <details class="text-sm">
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
      {opened !== read && <Documents files={opened.files} onDrawn={(pages) => setDrawn({ ...opened, pages })} />}
      {error && <Banner state="bad">{error}</Banner>}
      <button
        type="button"
        class="button button-primary min-h-14"
        disabled={isBusy || drawn?.session !== opened.session}
        onClick={() => run(async () => drawn && setResult(await sign(drawn)))}
      >
        {isBusy
          ? isSeal
            ? t('Đang đóng dấu…', 'Sealing…')
            : t('Đang ký…', 'Signing…')
          : isSeal
            ? t('Đóng dấu bằng passkey', 'Seal with the passkey')
            : t('Ký bằng passkey', 'Sign with the passkey')}
      </button>
      <button type="button" class="button" disabled={isBusy} onClick={onDone}>
        {t('Để sau', 'Not now')}
      </button>
    </>
  );
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

function Results({
  result,
  purpose,
  onDone,
}: {
  readonly result: Result;
  readonly purpose: Purpose;
  readonly onDone: () => void;
}) {
  const isSeal = purpose === 'seal';
  const failed = result.items.filter(({ state }) => state === 'failed');
  return (
    <>
      <h1>
        {failed.length === 0
          ? isSeal
            ? t('Đã đóng dấu xong', 'Sealed')
            : t('Đã ký xong', 'Signed')
          : t(`${failed.length} tài liệu chưa ký được`, `${failed.length} documents were not signed`)}
      </h1>
      <ul class="grid gap-3">
        {result.items.map(({ requestId, title, state, error }) => (
          <li key={requestId} class="card grid gap-1">
            <span class="font-semibold">{title}</span>
            <span>
              {state === 'signed' && (
                <State state="good">{isSeal ? t('Đã đóng dấu', 'Sealed') : t('Đã ký', 'Signed')}</State>
              )}
              {state === 'pending' && <State state="warn">{t('Đang hoàn tất', 'Being completed')}</State>}
              {state === 'failed' && <State state="bad">{t('Chưa ký', 'Not signed')}</State>}
            </span>
            {error && <span class="text-sm">{error.detail}</span>}
          </li>
        ))}
      </ul>
      <button type="button" class="button button-primary" onClick={onDone}>
        {t('Về danh sách', 'To the list')}
      </button>
    </>
  );
}

import { useState } from 'preact/hooks';
import { api, must, NoConnection } from '../design/api.ts';
import { Banner } from '../design/form.tsx';
import { Icon } from '../design/icon.tsx';
import { formatClock, formatTime, isoDay, t } from '../design/language.ts';
import { useAction, useLoad } from '../design/load.ts';
import { Lotus } from '../design/lotus.tsx';
import { Row, Ruled } from '../design/ruled.tsx';
import type { paths } from '../generated/api.d.ts';
import { DownloadAll } from './download-all.tsx';
import { type Drawn, type More, NotOpened, noMore } from './not-opened.tsx';
import { assertPasskey } from './passkey.ts';
import { PasskeyEnded } from './passkey-words.ts';
import { wasRead } from './place.ts';
import { fileKey } from './prepared.ts';
import { FileTitle } from './receipts.tsx';
import { Documents } from './review.tsx';
import {
  type DrawnSession,
  documentsOf,
  mustBeWhatIsShown,
  openSession,
  type Purpose,
  type Session,
  signHere,
} from './session.ts';
import { What } from './what.tsx';

interface Result {
  readonly state: string;
  readonly items: readonly {
    readonly requestId: string;
    readonly title: string;
    readonly state: string;
    readonly error: { readonly detail: string } | null;
  }[];
}

/**
 * WHAT is signed, the code that the requester sees too, and one tap. A document that was read just now comes with its
 * session; of several those that are opened are drawn here, and the tap is possible only once all of them are.
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
  const [session, reload] = useLoad(ids.join(), async () =>
    isFresh && read ? read : openSession(ids, purpose, wasRead),
  );
  const [drawn, setDrawn] = useState<DrawnSession | undefined>(read);
  const [more, setMore] = useState<More>(noMore);
  const reopen = () => {
    setFresh(false);
    setMore(noMore);
    reload();
  };
  const [result, setResult] = useState<Result>();
  const [sent, setSent] = useState<Confirmation>();
  const { isBusy, error, caught, run } = useAction();
  const [isDifferent, setDifferent] = useState(false);
  if (result) return <Results result={result} purpose={purpose} onDone={onDone} />;
  if (isDifferent) return <CodesDiffer onDone={onDone} />;
  if (session.state === 'loading') {
    return (
      <p class="flex items-center gap-3" role="status">
        <span class="busy" aria-hidden="true" />
        {t('Đang chuẩn bị…', 'Preparing…')}
      </p>
    );
  }
  if (session.state === 'failed') return <Failed message={session.message} onRetry={reopen} onDone={onDone} />;
  const opened = session.data;
  const { expiresAt } = opened.session;
  const items = documentsOf(opened.session.items);
  const opens = new Set(opened.files.map(({ requestId }) => requestId));
  const closed = items.filter(({ requestId }) => !opens.has(requestId));
  const isDrawn = (opens.size === 0 || drawn?.session === opened.session) && more.opening === 0;
  const count = items.length;
  const confirm = () =>
    run(async () => {
      const confirmation =
        sent ?? (await sign(opened.session, { files: opened.files, pages: drawn?.pages ?? new Map() }, more.drawn));
      setSent(confirmation); // a cut on its way: the same is sent again, and signs nothing twice
      await send(opened.session, confirmation, setResult).catch((refused: unknown) => {
        if (!(refused instanceof NoConnection)) setSent(undefined);
        throw refused;
      });
    });
  return (
    <>
      <What session={opened.session} purpose={purpose} />
      {error && (
        <Banner state={caught instanceof PasskeyEnded ? 'warn' : 'bad'} live>
          {error}
        </Banner>
      )}
      {count > 1 && closed.length === 0 && (
        <details class="card" open={count <= 3}>
          <summary>{t(`${count} tài liệu`, `${count} documents`)}</summary>
          <ul class="grid gap-2 mt-2">
            {items.map(({ requestId, title }) => (
              <li key={requestId}>{title}</li>
            ))}
          </ul>
        </details>
      )}
      {opened !== read && opens.size > 0 && (
        <Documents files={opened.files} onDrawn={(pages) => setDrawn({ ...opened, pages })} />
      )}
      {closed.length > 0 && (
        <NotOpened
          items={closed}
          purpose={purpose}
          session={opened.session}
          onChange={(change) => setMore((now) => change(now))}
        />
      )}
      <p class="banner state-now">
        <Icon name="info" />
        <span class="text-ink">
          {t(
            'Vân tay chỉ mở khoá ký nằm trong máy này. Sở và trường không giữ vân tay, không ký thay được.',
            'The fingerprint only opens the key in this phone. Department and school keep no fingerprint and cannot sign for you.',
          )}
        </span>
      </p>
      <details class="text-sm">
        <summary>{t('Chi tiết', 'Details')}</summary>
        <p>
          ECDSA P-256, SHA-256 · {t('hết hạn', 'expires')} {formatTime(expiresAt)}
        </p>
        <p class="break-all">
          {t('Gốc Merkle', 'Merkle root')} {rootIn(opened.session)}
        </p>
        {opened.session.items.map((item) => (
          <p key={fileKey(item)} class="break-all text-quiet">
            {item.digestHex}
          </p>
        ))}
      </details>
      <div class="phone-bar">
        <div class="grid-cols-2">
          <button
            type="button"
            class="button button-primary col-span-2"
            disabled={isBusy || !isDrawn}
            onClick={confirm}
          >
            <Icon name={purpose === 'seal' ? 'stamp' : 'fingerprint-pattern'} />
            {isBusy ? t('Đang ký…', 'Signing…') : confirmWords(purpose, count)}
          </button>
          <button type="button" class="button" disabled={isBusy} onClick={onDone}>
            {t('Để sau', 'Not now')}
          </button>
          <button type="button" class="button button-bad" disabled={isBusy} onClick={() => setDifferent(true)}>
            {t('Mã không giống', 'Codes differ')}
          </button>
        </div>
      </div>
    </>
  );
}

function confirmWords(purpose: Purpose, count: number): string {
  return purpose === 'seal'
    ? t(`Mã giống, đóng dấu ${count} tài liệu`, `Same code, seal ${count} documents`)
    : t(`Mã giống, ký ${count} tài liệu`, `Same code, sign ${count} documents`);
}

/** The way out when the two screens show different codes: nothing was signed, and whom to tell. */
function CodesDiffer({ onDone }: { readonly onDone: () => void }) {
  return (
    <>
      <h1>{t('Dừng lại. Chưa ký gì.', 'Stop. Nothing was signed.')}</h1>
      <Ruled onMargin isOrdered>
        <Row
          mark={1}
          title={t('Gọi cho người trình', 'Call the person who asked for it')}
          note={t(
            'Hỏi đang mở đúng tập này không, và mã bốn số trên màn hình là mấy.',
            'Ask whether the same batch is open there, and which four digits it shows.',
          )}
        />
        <Row
          mark={2}
          title={t('Vẫn khác: đừng ký', 'Still different: do not sign')}
          note={t(
            'Báo cán bộ an toàn thông tin của Sở. Có thể ai đó đã thay tài liệu.',
            'Tell the security officer of the department. Somebody may have replaced the documents.',
          )}
        />
      </Ruled>
      <ToList onDone={onDone} />
    </>
  );
}

function ToList({ onDone }: { readonly onDone: () => void }) {
  return (
    <div class="phone-bar">
      <div>
        <button type="button" class="button button-primary" onClick={onDone}>
          {t('Về danh sách', 'To the list')}
        </button>
      </div>
    </div>
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

type Confirmation =
  paths['/api/v1/signing/sessions/{id}/confirm']['post']['requestBody']['content']['application/json'];

/** Checks that the challenge is exactly the list, asks the passkey, and signs here: what is sent then. */
async function sign(session: Session, first: Drawn, more: readonly Drawn[]): Promise<Confirmation> {
  await mustBeWhatIsShown(session);
  const { assertion, prfOutput } = await assertPasskey(session.assertionOptions);
  const signatures = session.custody === 'device' ? await signHere(session, prfOutput) : [];
  const drawn = [first, ...more].flatMap(({ files, pages }) =>
    files.map((file) => {
      const { requestId, artefact, digestHex } = file;
      return { requestId, artefact, digestHex, pages: pages.get(fileKey(file)) ?? 0 };
    }),
  );
  const opened = new Set(drawn.map(({ requestId }) => requestId));
  const closed = documentsOf(session.items).filter(({ requestId }) => !opened.has(requestId));
  const notOpened = closed.map(({ requestId }) => requestId);
  return { assertion: assertion as never, signatures, drawn, notOpened }; // the browser's own JSON form, which the schema describes
}

/** Sends the confirmation, and again while documents are being completed: the same gives the same, as far as it has come. */
async function send(session: Session, body: Confirmation, onResult: (result: Result) => void): Promise<void> {
  let result: Result;
  do {
    result = await must(
      api.POST('/api/v1/signing/sessions/{id}/confirm', { params: { path: { id: session.id } }, body }),
    );
    onResult(result);
  } while (result.state === 'completing');
}

const rootIn = ({ list }: Session): string => (JSON.parse(list) as { root: string }).root;

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
  const pending = others.filter(({ state }) => state !== 'signed').length;
  const [doneAt] = useState(() => new Date().toISOString());
  const done = purpose === 'seal' ? t('Đã đóng dấu xong', 'Sealed') : t('Đã ký xong', 'Signed');
  return (
    <>
      <div class="flex items-center gap-5">
        <Lotus size={120} open={failed.length === 0 ? 5 : 3} />
        <div>
          <h1>
            {pending > 0
              ? t(`Đang hoàn tất ${pending} tài liệu`, `${pending} documents are being completed`)
              : failed.length === 0
                ? done
                : t(`${failed.length} tài liệu chưa ký được`, `${failed.length} documents were not signed`)}
          </h1>
          {others.length > 0 && (
            <p class="text-quiet">
              {t(
                `${others.length} tài liệu, lúc ${formatClock(doneAt)}. Xem lại ở mục «Đã ký».`,
                `${others.length} documents, at ${formatClock(doneAt)}. You find them under “Signed”.`,
              )}
            </p>
          )}
        </div>
      </div>
      <Ruled onMargin>
        {[...failed, ...others].map(({ requestId, title, state, error }) => (
          <Row
            key={requestId}
            mark={state === 'signed' ? 'good' : state === 'failed' ? 'bad' : 'now'}
            title={state === 'signed' ? <FileTitle id={requestId} title={title} /> : title}
            note={error?.detail ?? (state === 'signed' ? undefined : t('Đang hoàn tất', 'Being completed'))}
          />
        ))}
      </Ruled>
      <DownloadAll
        items={others.flatMap(({ requestId, title, state }) =>
          state === 'signed' ? [{ id: requestId, of: title }] : [],
        )}
        name={`da-ky-${isoDay(new Date())}.zip`}
      />
      <ToList onDone={onDone} />
    </>
  );
}

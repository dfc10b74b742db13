import { useEffect, useRef, useState } from 'preact/hooks';
import { api, must } from '../design/api.ts';
import { ActButton } from '../design/dialog.tsx';
import { Banner } from '../design/form.tsx';
import { Icon } from '../design/icon.tsx';
import { t } from '../design/language.ts';
import { useAction, useLoad } from '../design/load.ts';
import type { paths } from '../generated/api.d.ts';
import { atOnce } from './at-once.ts';
import { Back } from './back.tsx';
import { tellApart } from './batch.tsx';
import { type ReadingPlace, readingPlace } from './batches.ts';
import { loadDue } from './due.ts';
import { FindingLine } from './finding.tsx';
import { documentAddress, useOffline } from './offline/kept.ts';
import { keepRead } from './place.ts';
import { fileKey, type Prepared } from './prepared.ts';
import { type DrawnSession, documentsOf, type OpenedSession, openSession } from './session.ts';
import { loadUnusual } from './unusual.ts';

type SigningRequest = paths['/api/v1/signing/requests/{id}']['get']['responses']['200']['content']['application/json'];

/** How long before its end a session is opened anew, so that nobody confirms one that runs out meanwhile. */
const renewBeforeMs = 60_000;

/** Reading the very file that will be signed, page by page, and deciding. Without a network: the kept file, to read only. */
export function Review({
  id,
  onBack,
  onNext,
  onSign,
}: {
  readonly id: string;
  readonly onBack: () => void;
  /** To the next document of the class. */
  readonly onNext: (id: string) => void;
  readonly onSign: (drawn: DrawnSession) => void;
}) {
  const takenMs = useOffline();
  const isOffline = takenMs !== undefined;
  const [request] = useLoad(id, () => must(api.GET('/api/v1/signing/requests/{id}', { params: { path: { id } } })));
  const [unusual] = useLoad('unusual', loadUnusual);
  const [due] = useLoad('to sign', () => loadDue('sign'));
  const [opened, reopen] = useLoad<OpenedSession | Awaited<ReturnType<typeof readKept>>>(`${id} ${isOffline}`, () =>
    isOffline ? readKept(id) : openSession([id], 'sign'),
  );
  const [drawn, setDrawn] = useState<DrawnSession>();
  const current = opened.state === 'ready' ? opened.data : undefined;
  const session = current?.session;
  useEffect(() => {
    if (!session) return undefined;
    const left = Date.parse(session.expiresAt) - Date.now() - renewBeforeMs;
    const timer = setTimeout(reopen, Math.max(left, 1_000));
    return () => clearTimeout(timer);
  }, [session]);
  if (request.state === 'failed') return <Banner state="bad">{request.message}</Banner>;
  const findings = unusual.state === 'ready' ? (unusual.data.get(id) ?? []) : [];
  const place =
    unusual.state === 'ready' && due.state === 'ready' ? readingPlace(due.data, unusual.data, id) : undefined;
  return (
    <>
      {request.state !== 'ready' && <Back onBack={onBack} />}
      {request.state === 'ready' && (
        <div>
          <Back onBack={onBack} />
          <h1>{request.data.subject?.fullName ?? request.data.title}</h1>
          <p class="text-quiet">
            {[
              request.data.className && `${t('lớp', 'class')} ${request.data.className}`,
              tellApart(request.data),
              request.data.organisation.name,
            ]
              .filter(Boolean)
              .join(' · ')}
          </p>
        </div>
      )}
      {request.state === 'ready' && <AnswersFor request={request.data} />}
      {findings.length > 0 && (
        <section class="banner state-warn" aria-label={t('Cần đọc kỹ', 'Read closely')}>
          <Icon name="triangle-alert" />
          <div class="grid gap-2">
            {findings.slice(0, 4).map((finding) => (
              <FindingLine key={`${finding.label}${finding.kind}`} finding={finding} />
            ))}
          </div>
        </section>
      )}
      {opened.state === 'failed' && <Banner state="bad">{opened.message}</Banner>}
      <Documents
        files={current?.files ?? none}
        onDrawn={(pages) => {
          keepRead(id);
          setDrawn(current && session ? { files: current.files, session, pages } : undefined);
        }}
      />
      <Lines files={current?.files ?? none} />
      <div class="phone-bar">
        <div class="grid-cols-2">
          {place && <Among place={place} onNext={onNext} />}
          <ActButton
            label={t('Từ chối', 'Reject')}
            question={t('Từ chối và trả lại', 'Reject and send back')}
            confirm={t('Gửi lại cho người trình', 'Send it back')}
            reason={t('Lý do từ chối', 'Why it is rejected')}
            disabled={isOffline}
            onConfirm={async (reason) => {
              await must(
                api.POST('/api/v1/signing/requests/{id}/reject', { params: { path: { id } }, body: { reason } }),
              );
              onBack();
            }}
          />
          <button
            type="button"
            class="button button-primary"
            disabled={isOffline || !drawn || drawn.session !== session}
            onClick={() => drawn && onSign(drawn)}
          >
            <Icon name="pen-line" />
            {t('Ký', 'Sign')}
          </button>
        </div>
      </div>
    </>
  );
}

/** Which of the class this is, and on to the next without the way over the list. */
function Among({
  place: { number, count, next },
  onNext,
}: {
  readonly place: ReadingPlace;
  readonly onNext: (id: string) => void;
}) {
  return (
    <p class="col-span-2 flex items-center justify-between gap-3 min-h-11 text-sm">
      {t(`Em ${number} trên ${count}`, `Pupil ${number} of ${count}`)}
      {next && (
        <button type="button" class="button button-quiet min-h-11! -mr-4" onClick={() => onNext(next)}>
          {t('Em tiếp theo', 'Next pupil')}
          <Icon name="arrow-right" />
        </button>
      )}
    </p>
  );
}

/** Of a teacher of subjects: which rows the signature answers for. */
function AnswersFor({ request }: { readonly request: Pick<SigningRequest, 'steps' | 'may'> }) {
  const own = request.may.includes('sign')
    ? request.steps.filter(({ role, state }) => role === 'subject-teacher' && state === 'due')
    : [];
  const [first] = own;
  if (!first) return null;
  return (
    <Banner state="now">
      {own.length === 1
        ? t(
            `Thầy cô ký với tư cách «${first.title}»: xem kỹ các dòng điểm của môn mình.`,
            `You sign as “${first.title}”: read the rows of your subjects closely.`,
          )
        : t('Thầy cô ký cho các dòng điểm của môn mình.', 'You sign for the rows of your own subjects.')}
    </Banner>
  );
}

/** What was kept on this phone of a document: to read, and nothing to sign. */
async function readKept(id: string): Promise<{ readonly files: readonly Prepared[]; readonly session: undefined }> {
  const answer = await fetch(documentAddress(id)).catch(() => undefined);
  if (!answer?.ok) {
    throw new Error(
      t(
        'Tài liệu này chưa được tải về máy. Có mạng thì đọc được.',
        'This document is not on the phone. You can read it once there is a network.',
      ),
    );
  }
  return {
    session: undefined,
    files: [
      {
        requestId: id,
        artefact: 'document',
        title: '',
        bytes: new Uint8Array(await answer.arrayBuffer()),
        digestHex: id,
      },
    ],
  };
}

const none: readonly Prepared[] = [];

/** Above this many files each canvas is drawn at the screen's own size: a phone has no memory for a hundred large ones. */
const mostSharp = 5;

/** While one page is drawn the worker reads the next: more at once only take memory. */
const drawnAtOnce = 3;

/** The files drawn below one another from the bytes that were checked; `onDrawn` once every page of all is there. */
export function Documents({
  files,
  onDrawn,
}: {
  readonly files: readonly Prepared[];
  readonly onDrawn: (pages: ReadonlyMap<string, number>) => void;
}) {
  const host = useRef<HTMLDivElement>(null);
  const [count, setCount] = useState(0);
  const [zoom, setZoom] = useState(100);
  const { error, run } = useAction();
  useEffect(() => {
    let isCurrent = true;
    const places = [...(host.current?.querySelectorAll<HTMLElement>('[data-place]') ?? [])];
    setCount(0);
    if (files.length > 0) {
      run(async () => {
        const { drawDocument } = await import('./document.ts');
        const density = files.length > mostSharp ? 1 : undefined;
        const pages = await atOnce(files, drawnAtOnce, async (file, index) => {
          const place = places[index];
          if (!isCurrent || !place) return [fileKey(file), 0] as const; // the screen shows something else by now
          const drawn = await drawDocument(file.bytes, place, () => isCurrent, density);
          if (isCurrent) setCount((before) => before + 1);
          return [fileKey(file), drawn] as const;
        });
        if (isCurrent) onDrawn(new Map(pages));
      });
    }
    return () => {
      isCurrent = false;
      for (const place of places) place.replaceChildren();
    };
  }, [files]);
  const isBusy = files.length === 0 || count < files.length;
  return (
    <div class="grid gap-2 grid-cols-[minmax(0,1fr)]">
      {error && <Banner state="bad">{error}</Banner>}
      {isBusy && !error && (
        <p class="text-quiet flex items-center gap-3" role="status">
          <span class="busy" aria-hidden="true" />
          {files.length > 1
            ? t(`Đang hiện văn bản ${count + 1}/${files.length}…`, `Showing document ${count + 1} of ${files.length}…`)
            : t('Đang hiện văn bản…', 'Showing the document…')}
        </p>
      )}
      {!isBusy && (
        <fieldset class="flex items-center justify-end gap-1" aria-label={t('Cỡ trang', 'Size of the page')}>
          <button
            type="button"
            class="icon-button"
            aria-label={t('Thu nhỏ', 'Smaller')}
            disabled={zoom <= 100}
            onClick={() => setZoom(zoom - 50)}
          >
            <Icon name="zoom-out" />
          </button>
          <span class="number" aria-live="polite">
            {zoom} %
          </span>
          <button
            type="button"
            class="icon-button"
            aria-label={t('Phóng to', 'Larger')}
            disabled={zoom >= 300}
            onClick={() => setZoom(zoom + 50)}
          >
            <Icon name="zoom-in" />
          </button>
        </fieldset>
      )}
      <div
        ref={host}
        class="grid gap-4 overflow-x-auto"
        style={{ '--zoom': `${zoom}%` }}
        data-document
        tabIndex={zoom > 100 ? 0 : undefined}
        aria-busy={isBusy ? 'true' : undefined}
      >
        {files.map((file) =>
          file.artefact === 'data' ? (
            <details key={fileKey(file)} class="card">
              <summary>
                {t(
                  'Dữ liệu XML của học bạ trên, khớp với bản PDF',
                  'The XML of the report above; it belongs to this PDF',
                )}
              </summary>
              <div data-place />
            </details>
          ) : (
            <section key={fileKey(file)} data-place class="grid gap-2 min-h-40" aria-label={file.title} />
          ),
        )}
      </div>
    </div>
  );
}

/** The text of the very bytes that are signed, large, for who cannot read a page at the width of a phone. */
function Lines({ files }: { readonly files: readonly Prepared[] }) {
  const [isOpen, setOpen] = useState(false);
  const [lines] = useLoad(`${isOpen} ${files.map(({ digestHex }) => digestHex).join()}`, async () => {
    if (!isOpen) return [];
    const { readLines } = await import('./document.ts');
    return (await Promise.all(documentsOf(files).map(({ bytes }) => readLines(bytes)))).flat();
  });
  return (
    <details class="card" onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>{t('Đọc nội dung bằng chữ to', 'Read it in large text')}</summary>
      {lines.state === 'ready' && (
        <ul class="text-lg">
          {lines.data.map((line, index) => (
            // lines have no identity but their place
            <li key={index} class="border-t border-line py-1.5">
              {line}
            </li>
          ))}
        </ul>
      )}
    </details>
  );
}

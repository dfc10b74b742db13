import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { api, must } from '../design/api.ts';
import { Banner } from '../design/form.tsx';
import { formatDate, t } from '../design/language.ts';
import { useLoad } from '../design/load.ts';
import { Mark } from '../design/mark.tsx';
import { Confirm } from './confirm.tsx';
import { Enrol } from './enrol.tsx';
import { Review } from './review.tsx';
import { SealInbox } from './seal.tsx';
import type { DrawnSession, Purpose } from './session.ts';
import { Validity } from './validity.tsx';

/** Where the official is. */
type Place =
  | { readonly at: 'inbox' }
  | { readonly at: 'review'; readonly id: string }
  | {
      readonly at: 'confirm';
      readonly ids: readonly string[];
      readonly purpose?: Purpose;
      readonly opened?: DrawnSession;
    };

/** The phone: enrol once, then inbox → read → confirm. */
export function Phone() {
  const [enrolment, reload] = useLoad('enrolment', () => must(api.GET('/api/v1/signing/enrolment')));
  const [me] = useLoad('me', () => must(api.GET('/api/v1/me')));
  const [place, setPlace] = useState<Place>({ at: 'inbox' });
  const may = (action: string) => me.state === 'ready' && me.data.permissions.includes(action);
  if (enrolment.state === 'loading') return <Frame>{null}</Frame>;
  if (enrolment.state === 'failed') {
    return (
      <Frame>
        <h1>{t('Ký số', 'Signing')}</h1>
        <Banner state="bad">{enrolment.message}</Banner>
      </Frame>
    );
  }
  if (enrolment.data.state !== 'enrolled') {
    return (
      <Frame>
        <Enrol enrolment={enrolment.data} onChange={reload} />
      </Frame>
    );
  }
  return (
    <Frame>
      {place.at === 'inbox' && (
        <>
          <Validity enrolment={enrolment.data} onChange={reload} />
          {may('signing.seal') && <SealInbox onSeal={(ids) => setPlace({ at: 'confirm', ids, purpose: 'seal' })} />}
          {may('signing.sign') && (
            <Inbox onRead={(id) => setPlace({ at: 'review', id })} onSign={(ids) => setPlace({ at: 'confirm', ids })} />
          )}
        </>
      )}
      {place.at === 'review' && (
        <Review
          id={place.id}
          onBack={() => setPlace({ at: 'inbox' })}
          onSign={(opened) => setPlace({ at: 'confirm', ids: [place.id], opened })}
        />
      )}
      {place.at === 'confirm' && (
        <Confirm
          ids={place.ids}
          {...(place.purpose ? { purpose: place.purpose } : {})}
          {...(place.opened ? { opened: place.opened } : {})}
          onDone={() => setPlace({ at: 'inbox' })}
        />
      )}
    </Frame>
  );
}

function Frame({ children }: { readonly children: ComponentChildren }) {
  return (
    <div class="mx-auto max-w-xl min-h-dvh flex flex-col">
      <header class="flex items-center gap-3 px-4 py-3 border-b border-line">
        <span class="text-accent">
          <Mark size={30} />
        </span>
        <span class="font-semibold">{t('Ký số', 'Signing')}</span>
        <a class="button button-quiet ml-auto" href="/">
          {t('Thoát', 'Leave')}
        </a>
      </header>
      <main class="flex-1 px-4 py-6 grid gap-5 content-start">{children}</main>
    </div>
  );
}

function Inbox({
  onRead,
  onSign,
}: {
  readonly onRead: (id: string) => void;
  readonly onSign: (ids: readonly string[]) => void;
}) {
  const [inbox] = useLoad('inbox', () => must(api.GET('/api/v1/signing/inbox', { params: { query: { limit: 100 } } })));
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  if (inbox.state === 'loading') return null;
  if (inbox.state === 'failed') return <Banner state="bad">{inbox.message}</Banner>;
  const { items } = inbox.data;
  if (items.length === 0) {
    return (
      <div class="card text-center py-10 grid gap-2">
        <h1>{t('Không còn gì chờ ký', 'Nothing waits for you')}</h1>
        <p class="text-quiet">
          {t(
            'Khi trường trình ký, tài liệu sẽ hiện ở đây.',
            'When your school asks for a signature, the document appears here.',
          )}
        </p>
      </div>
    );
  }
  const toggle = (id: string) => {
    const next = new Set(chosen);
    if (!next.delete(id)) next.add(id);
    setChosen(next);
  };
  return (
    <>
      <h1>{t(`${items.length} tài liệu chờ ký`, `${items.length} documents wait`)}</h1>
      <ul class="grid gap-3 pb-24">
        {items.map((item) => (
          <li key={item.id} class="card flex items-center gap-3 p-3">
            <label class="grid place-items-center size-11 shrink-0">
              <input
                type="checkbox"
                class="size-6 accent-accent"
                checked={chosen.has(item.id)}
                onChange={() => toggle(item.id)}
                aria-label={t(`Chọn ${item.title}`, `Choose ${item.title}`)}
              />
            </label>
            <button type="button" class="text-left flex-1 min-h-11 cursor-pointer" onClick={() => onRead(item.id)}>
              <span class="block font-semibold">{item.subject?.fullName ?? item.title}</span>
              <span class="block text-sm text-quiet">
                {item.title}
                {item.dueAt && ` · ${t('hạn', 'due')} ${formatDate(item.dueAt)}`}
              </span>
            </button>
            <span aria-hidden="true" class="text-quiet text-lg">
              ›
            </span>
          </li>
        ))}
      </ul>
      <div class="fixed inset-x-0 bottom-0 bg-paper border-t border-line p-3">
        <div class="mx-auto max-w-xl grid">
          {chosen.size > 0 ? (
            <button type="button" class="button button-primary min-h-12" onClick={() => onSign([...chosen])}>
              {t(`Ký ${chosen.size} tài liệu`, `Sign ${chosen.size} documents`)}
            </button>
          ) : (
            <button type="button" class="button min-h-12" onClick={() => setChosen(new Set(items.map(({ id }) => id)))}>
              {t('Chọn tất cả', 'Choose all')}
            </button>
          )}
        </div>
      </div>
    </>
  );
}

import { api, must } from '../../design/api.ts';
import { t } from '../../design/language.ts';
import { useLoad } from '../../design/load.ts';
import { Empty, Show } from '../../design/show.tsx';
import { usePages } from '../pages.ts';
import { Ago, More, Title } from '../parts.tsx';
import { approvalPath } from './passkey-act.ts';
import { Seals } from './seals.tsx';
import { ApprovalState, type ApprovalSummary } from './state.tsx';

const list = (which: 'waiting' | 'mine' | 'closed', cursor?: string) =>
  must(api.GET('/api/v1/approvals', { params: { query: { which, limit: 50, ...(cursor ? { cursor } : {}) } } }));

/** What takes two people: what waits for me, what I proposed, what is over. */
export function Approvals() {
  const [open] = useLoad('open approvals', async () => {
    const [waiting, mine] = await Promise.all([list('waiting'), list('mine')]);
    return { waiting: waiting.items, mine: mine.items };
  });
  const { loaded: closed, more } = usePages('closed approvals', (cursor) => list('closed', cursor));
  return (
    <>
      <Title
        title={t('Việc cần hai người', 'Two people')}
        note={t(
          'Việc không lấy lại được thì hai người mới làm được. Người lập không tự duyệt.',
          'What cannot be taken back takes two people. Nobody approves what they proposed.',
        )}
      />
      <Show loaded={open}>
        {({ waiting, mine }) => (
          <>
            <Section title={t('Chờ bạn duyệt', 'Waiting for you')}>
              {waiting.length === 0 ? (
                <Empty>{t('Không có việc nào chờ bạn.', 'Nothing waits for you.')}</Empty>
              ) : (
                <Rows items={waiting} />
              )}
            </Section>
            {mine.length > 0 && (
              <Section title={t('Bạn đã lập', 'Proposed by you')}>
                <Rows items={mine} />
              </Section>
            )}
          </>
        )}
      </Show>
      <Section title={t('Đã xong', 'Over')}>
        <Show loaded={closed}>
          {(items) => (items.length === 0 ? <Empty>{t('Chưa có.', 'None yet.')}</Empty> : <Rows items={items} />)}
        </Show>
        {more && <More onClick={more} />}
      </Section>
    </>
  );
}

function Section({ title, children }: { readonly title: string; readonly children: preact.ComponentChildren }) {
  return (
    <section class="grid gap-3">
      <h2>{title}</h2>
      {children}
    </section>
  );
}

function Rows({ items }: { readonly items: readonly ApprovalSummary[] }) {
  return (
    <ul class="grid gap-3">
      {items.map((one) => (
        <li key={one.id}>
          <a href={approvalPath(one.id)} class="card flex flex-wrap items-center gap-4 no-underline text-ink">
            <Seals state={one.state} />
            <span class="grow basis-60">
              <span class="block font-semibold">{one.title}</span>
              <span class="block text-sm text-quiet">
                {one.maker.fullName} · {one.organisation.name} · <Ago at={one.createdAt} />
              </span>
            </span>
            <ApprovalState state={one.state} />
          </a>
        </li>
      ))}
    </ul>
  );
}

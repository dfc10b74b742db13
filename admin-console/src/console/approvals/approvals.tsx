import { api, must } from '../../design/api.ts';
import { t } from '../../design/language.ts';
import { useLoad } from '../../design/load.ts';
import { Row, type RowMark, Ruled } from '../../design/ruled.tsx';
import { Empty, Show } from '../../design/show.tsx';
import { inWords, sentence } from '../call.ts';
import { usePages } from '../pages.ts';
import { Ago, More, Title } from '../parts.tsx';
import { approvalPath } from './passkey-act.ts';
import { ApprovalSeals } from './seals.tsx';
import { ApprovalState, type ApprovalSummary } from './state.tsx';

const list = (which: 'waiting' | 'mine' | 'closed', cursor?: string) =>
  must(api.GET('/api/v1/approvals', { params: { query: { which, limit: 50, ...(cursor ? { cursor } : {}) } } }));

/** What takes two people: what waits for me, what I proposed, what is over. */
export function Approvals() {
  const [open] = useLoad('open approvals', async () => {
    const [waiting, mine] = await Promise.all([list('waiting'), list('mine')]);
    return {
      waiting: waiting.items.filter(({ isBarred }) => !isBarred),
      barred: waiting.items.filter(({ isBarred }) => isBarred),
      mine: mine.items,
    };
  });
  const { loaded: closed, more } = usePages('closed approvals', (cursor) => list('closed', cursor));
  return (
    <Show loaded={open}>
      {({ waiting, barred, mine }) => (
        <>
          <Title
            title={headline(waiting.length)}
            note={t(
              'Việc không lấy lại được thì hai người mới làm được. Người lập không tự duyệt.',
              'What cannot be undone takes two people. Nobody approves what they proposed.',
            )}
          />
          {waiting.length > 0 && <Rows items={waiting} label={t('Chờ duyệt', 'Waiting for you')} isWaiting />}
          {barred.length > 0 && (
            <Section title={t('Chờ một người khác duyệt', 'Waiting for another person')}>
              <Rows items={barred} />
            </Section>
          )}
          {mine.length > 0 && (
            <Section title={t('Đã lập, chờ người khác', 'Proposed, waiting for others')}>
              <Rows items={mine} />
            </Section>
          )}
          <Show loaded={closed}>
            {(items) =>
              items.length === 0 ? (
                <Empty icon="user-check">{t('Chưa có việc nào đã xong.', 'Nothing is over yet.')}</Empty>
              ) : (
                <Section title={t('Đã xong', 'Over')}>
                  <Rows items={items} isTight />
                  {more && <More onClick={more} />}
                </Section>
              )
            }
          </Show>
        </>
      )}
    </Show>
  );
}

function headline(waiting: number): string {
  if (waiting === 0) return t('Không có việc nào chờ con dấu thứ hai', 'Nothing waits for a second seal');
  return t(
    `${sentence(inWords(waiting))} việc cần con dấu thứ hai`,
    waiting === 1 ? 'One act needs a second seal' : `${sentence(inWords(waiting))} acts need a second seal`,
  );
}

function Section({ title, children }: { readonly title: string; readonly children: preact.ComponentChildren }) {
  return (
    <section class="grid gap-4">
      <h2>{title}</h2>
      {children}
    </section>
  );
}

const marks: Readonly<Record<ApprovalSummary['state'], RowMark>> = {
  proposed: 'now',
  confirmed: 'later',
  approved: 'good',
  applied: 'good',
  refused: 'bad',
  failed: 'bad',
  withdrawn: 'dot',
  expired: 'dot',
};

function Rows({
  items,
  label,
  isWaiting,
  isTight,
}: {
  readonly items: readonly ApprovalSummary[];
  readonly label?: string;
  readonly isWaiting?: boolean;
  readonly isTight?: boolean;
}) {
  return (
    <Ruled onMargin label={label} isTight={isTight ?? false}>
      {items.map((one, index) => (
        <Row
          key={one.id}
          mark={isWaiting ? 'now' : marks[one.state]}
          title={
            <span class="inline-flex items-center gap-4">
              {!isTight && <ApprovalSeals state={one.state} isSmall />}
              <a href={approvalPath(one.id)} class="no-underline text-ink hover:underline">
                {one.title}
              </a>
            </span>
          }
          note={
            <>
              {one.maker.fullName} · {one.organisation.name} · <Ago at={one.createdAt} />
            </>
          }
          act={
            isWaiting ? (
              <a class={`button ${index === 0 ? 'button-primary' : ''}`} href={approvalPath(one.id)}>
                {t('Xem và duyệt', 'Look and approve')}
              </a>
            ) : (
              <ApprovalState state={one.state} />
            )
          }
        />
      ))}
    </Ruled>
  );
}

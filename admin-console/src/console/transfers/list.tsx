import { api, must } from '../../design/api.ts';
import { Segments } from '../../design/choices.tsx';
import { Icon } from '../../design/icon.tsx';
import { formatDate, t } from '../../design/language.ts';
import { State } from '../../design/mark.tsx';
import { Row, Ruled } from '../../design/ruled.tsx';
import { Empty, Show } from '../../design/show.tsx';
import { clockOf } from '../data-desk/words.ts';
import { useFilter } from '../filter.ts';
import { usePages } from '../pages.ts';
import { More, Title } from '../parts.tsx';
import { askedLine, standingOf, stateName, type Transfer } from './words.ts';

/** `/admin/transfers`: learners on their way between schools. */
export function Transfers() {
  const [which, setWhich] = useFilter<'closed'>('which');
  const { loaded, more } = usePages(`transfers ${which}`, (cursor) =>
    must(
      api.GET('/api/v1/transfers', {
        params: { query: { which: which || 'open', limit: 50, ...(cursor ? { cursor } : {}) } },
      }),
    ),
  );
  return (
    <>
      <Title
        title={t('Chuyển trường', 'Transfers between schools')}
        back={{ href: '/admin/people', label: t('Người', 'People') }}
        note={t(
          'Một trường đề nghị, người của trường kia trả lời. Chưa trả lời thì chưa có gì thay đổi.',
          'One school asks, somebody of the other answers. Until then nothing changes.',
        )}
      >
        <a class="button button-primary" href="/admin/transfers/new">
          <Icon name="plus" />
          {t('Xin nhận một em', 'Ask for a learner')}
        </a>
      </Title>
      <Segments
        label={t('Đề nghị nào', 'Which transfers')}
        value={which || 'open'}
        options={[
          { value: 'open', label: t('Đang chờ', 'Waiting') },
          { value: 'closed', label: t('Đã xong', 'Closed') },
        ]}
        onChoose={(value) => setWhich(value === 'closed' ? 'closed' : '')}
      />
      <Show loaded={loaded}>
        {(items) =>
          items.length === 0 ? (
            <Empty icon="school">
              {which
                ? t('Chưa có đề nghị nào đã xong.', 'Nothing is closed yet.')
                : t('Không có đề nghị nào đang chờ.', 'Nothing waits.')}
            </Empty>
          ) : (
            <Ruled onMargin label={t('Các đề nghị', 'Transfers')}>
              {items.map((one) => (
                <TransferRow key={one.id} transfer={one} />
              ))}
            </Ruled>
          )
        }
      </Show>
      {more && <More onClick={more} />}
    </>
  );
}

function TransferRow({ transfer }: { readonly transfer: Transfer }) {
  const { id, learner, state, askedAt, expiresAt, may } = transfer;
  const clock = state === 'waiting' ? clockOf(expiresAt, Date.now()) : undefined;
  const isMine = may.includes('answer');
  return (
    <Row
      mark={isMine ? 'warn' : (clock?.mark ?? 'dot')}
      title={
        <a href={`/admin/transfers/${id}`} class="no-underline text-ink hover:underline">
          {learner.fullName}
        </a>
      }
      note={`${askedLine(transfer)} · ${formatDate(askedAt)}`}
      act={
        <>
          {clock && <span class="text-quiet">{clock.text}</span>}
          <State state={isMine ? 'warn' : standingOf[state]}>
            {isMine ? t('Chờ trường mình trả lời', 'Waits for your school') : stateName(state)}
          </State>
        </>
      }
    />
  );
}

import { useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import { Dialog } from '../../design/dialog.tsx';
import { Icon } from '../../design/icon.tsx';
import type { IconName } from '../../design/icons.ts';
import { formatDate, formatEducationId, t } from '../../design/language.ts';
import { Row, Ruled } from '../../design/ruled.tsx';
import { givenName } from '../call.ts';
import { Standing } from './learners.tsx';
import { seatNames } from './seat-names.ts';
import { type Account, type ClassView, fullLine, helpName, isToday, type Learner, markOf } from './views.ts';

interface SeatsProps {
  readonly data: ClassView;
  readonly accounts: ReadonlyMap<string, Account>;
  readonly onHelp: ((learner: Learner) => void) | undefined;
  readonly isBusy: boolean;
}

type Seat = 'in' | 'out' | 'new' | 'stuck';

const looks: Readonly<Record<Seat, { readonly look: string; readonly icon: IconName }>> = {
  in: { look: 'seat-good', icon: 'check' },
  out: { look: 'seat-plain', icon: 'clock' },
  new: { look: 'seat-later', icon: 'circle-dashed' },
  stuck: { look: 'seat-warn', icon: 'triangle-alert' },
};

const seatWord = (seat: Seat): string =>
  ({
    in: t('đã vào hôm nay', 'in today'),
    out: t('hôm nay chưa vào', 'not in today'),
    new: t('chưa kích hoạt', 'not activated'),
    stuck: t('đang khoá', 'suspended'),
  })[seat];

function seatOf(account: Account | undefined): Seat {
  if (account?.status === 'suspended') return 'stuck';
  if (account?.status !== 'active') return 'new';
  return isToday(account.lastSignInAt) ? 'in' : 'out';
}

/** The class as it sits: who is in lights up; a press on a name helps that child. */
export function SeatGrid({ data, accounts, onHelp, isBusy }: SeatsProps) {
  const [chosen, setChosen] = useState<Learner>();
  const names = seatNames(data.learners);
  const kinds = [...new Set(data.learners.map(({ id }) => seatOf(accounts.get(id))))];
  return (
    <section class="grid gap-4 min-w-0" aria-label={t('Chỗ ngồi', 'Seats')}>
      <ul class="seats">
        {data.learners.map((learner) => {
          const seat = seatOf(accounts.get(learner.id));
          return (
            <li key={learner.id}>
              <button
                type="button"
                class={`seat ${looks[seat].look}`}
                aria-label={`${fullLine(data, learner)}: ${seatWord(seat)}`}
                onClick={() => setChosen(learner)}
              >
                <Icon name={looks[seat].icon} />
                {names.get(learner.id)}
              </button>
            </li>
          );
        })}
      </ul>
      <p class="flex flex-wrap gap-x-6 gap-y-1 text-sm text-quiet">
        {kinds.map((seat) => (
          <span key={seat} class="inline-flex items-center gap-2">
            <Icon name={looks[seat].icon} />
            {seatWord(seat)}
          </span>
        ))}
        {onHelp && <span>{t('Bấm tên để giúp một em.', 'Press a name to help a pupil.')}</span>}
      </p>
      {chosen && (
        <SeatDialog
          learner={chosen}
          account={accounts.get(chosen.id)}
          isBusy={isBusy}
          onHelp={onHelp}
          onClose={() => setChosen(undefined)}
        />
      )}
    </section>
  );
}

function SeatDialog({
  learner,
  account,
  isBusy,
  onHelp,
  onClose,
}: {
  readonly learner: Learner;
  readonly account: Account | undefined;
  readonly isBusy: boolean;
  readonly onHelp: SeatsProps['onHelp'];
  readonly onClose: () => void;
}) {
  return (
    <Dialog title={learner.fullName} onClose={onClose}>
      <div class="grid gap-2 justify-items-start">
        <Standing account={account} />
        <p class="text-quiet">
          <span class="code">{formatEducationId(learner.educationId)}</span>
          {learner.birthDate && ` · ${t('sinh', 'born')} ${formatDate(learner.birthDate)}`}
        </p>
      </div>
      <div class="flex flex-wrap gap-2">
        {onHelp && (
          <button
            type="button"
            class="button button-primary"
            disabled={isBusy}
            onClick={() => {
              onClose();
              onHelp(learner);
            }}
          >
            <Icon name="qr-code" />
            {helpName(account)}
          </button>
        )}
        <a class="button" href={`/admin/people/${learner.id}`}>
          {t('Xem hồ sơ', 'See the record')}
        </a>
        <button type="button" class="button button-quiet" onClick={onClose}>
          {t('Đóng', 'Close')}
        </button>
      </div>
    </Dialog>
  );
}

/** So many that the seats still begin on a phone's first screens. */
const listed = () => (matchMedia('(width < 75rem)').matches ? 3 : 8);

/** Who needs the teacher first: the suspended, then those who have not activated. */
export function Stuck({ data, accounts, onHelp, isBusy }: SeatsProps) {
  const { path } = useLocation();
  const order = ['stuck', 'new'] as const;
  const waiting = order.flatMap((seat) => data.learners.filter(({ id }) => seatOf(accounts.get(id)) === seat));
  if (waiting.length === 0) return null;
  const shown = listed();
  return (
    <section class="grid gap-4 min-w-0" aria-labelledby="stuck">
      <h2 id="stuck">{t(`${waiting.length} em cần giúp`, `${waiting.length} pupils need help`)}</h2>
      <Ruled isTight>
        {waiting.slice(0, shown).map((learner) => {
          const seat = seatOf(accounts.get(learner.id));
          return (
            <Row
              key={learner.id}
              mark={seat === 'stuck' ? 'warn' : 'later'}
              title={learner.fullName}
              note={<span class="text-sm">{[markOf(data, learner), seatWord(seat)].filter(Boolean).join(' · ')}</span>}
              act={
                onHelp && (
                  <button type="button" class="button button-small" disabled={isBusy} onClick={() => onHelp(learner)}>
                    {t('Cho mã', 'Give a code')}
                    <span class="sr-only">
                      : {[givenName(learner.fullName), markOf(data, learner)].filter(Boolean).join(' · ')}
                    </span>
                  </button>
                )
              }
            />
          );
        })}
      </Ruled>
      {waiting.length > shown && (
        <p class="text-sm text-quiet">
          {t(`Và ${waiting.length - shown} em nữa.`, `And ${waiting.length - shown} more.`)}{' '}
          {onHelp && (
            <a href={`${path}/slips`}>
              {t('In phiếu cho cả lớp nhanh hơn', 'Printing slips for the class is quicker')}
            </a>
          )}
        </p>
      )}
    </section>
  );
}

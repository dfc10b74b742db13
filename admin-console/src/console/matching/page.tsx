import { useState } from 'preact/hooks';
import { api, must } from '../../design/api.ts';
import { Segments } from '../../design/choices.tsx';
import { Banner } from '../../design/form.tsx';
import { formatDate, formatNumber, t } from '../../design/language.ts';
import { useAction, useLoad } from '../../design/load.ts';
import { State } from '../../design/mark.tsx';
import { Row, Ruled } from '../../design/ruled.tsx';
import { Empty, Show } from '../../design/show.tsx';
import { Title } from '../parts.tsx';
import { Pair, type Question } from './pair.tsx';

type Answer = Question['state'];

const atOnce = 40;

/** `/admin/import/matching`: rows that may be somebody who is known, one after another, both sides beside each other. */
export function Matching() {
  const [which, setWhich] = useState<'open' | 'answered'>('open');
  const [loaded, reload] = useLoad(`questions ${which}`, () =>
    must(api.GET('/api/v1/roster/questions', { params: { query: { state: which, limit: atOnce } } })),
  );
  const { isBusy, error, run } = useAction();
  const answer = (id: string, said: Answer) =>
    run(async () => {
      await must(
        api.POST('/api/v1/roster/questions/{id}/answer', { params: { path: { id } }, body: { answer: said } }),
      );
      reload();
    });
  return (
    <>
      <Title
        title={t('Ghép hồ sơ', 'Matching')}
        back={{ href: '/admin/import', label: t('Nhập danh sách', 'Import') }}
        note={t(
          'Dòng trong tệp có phải người đã có hồ sơ không? Câu trả lời được nhớ cho các tệp sau; trả lời xong thì nhập lại tệp.',
          'Is a row of a file somebody who has a record? The answer is kept for later files; import the file again afterwards.',
        )}
      />
      <Segments
        label={t('Câu hỏi', 'Questions')}
        value={which}
        onChoose={setWhich}
        options={[
          { value: 'open', label: t('Chờ trả lời', 'Waiting') },
          { value: 'answered', label: t('Đã trả lời', 'Answered') },
        ]}
      />
      {error && <Banner state="bad">{error}</Banner>}
      <Show loaded={loaded}>
        {({ items, hasMore }) =>
          which === 'open' ? (
            <Waiting questions={items} hasMore={hasMore} isBusy={isBusy} onAnswer={answer} />
          ) : (
            <Answered questions={items} isBusy={isBusy} onTakeBack={(id) => answer(id, 'open')} />
          )
        }
      </Show>
    </>
  );
}

/** One row of a file at a time, with everybody whom it may be. */
function Waiting({
  questions,
  hasMore,
  isBusy,
  onAnswer,
}: {
  readonly questions: readonly Question[];
  readonly hasMore: boolean;
  readonly isBusy: boolean;
  readonly onAnswer: (id: string, answer: Answer) => void;
}) {
  const [later, setLater] = useState<ReadonlySet<string>>(new Set());
  const rows = [...new Set(questions.map(({ fingerprint }) => fingerprint))];
  const now = rows.find((row) => !later.has(row)) ?? rows[0];
  const candidates = questions.filter(({ fingerprint }) => fingerprint === now);
  if (now === undefined)
    return (
      <Empty icon="badge-check">
        {t('Không còn câu hỏi nào. Nhập lại tệp để đi tiếp.', 'No question is left. Import the file again to go on.')}
      </Empty>
    );
  return (
    <section class="grid gap-6" aria-live="polite">
      <p class="text-quiet">
        {hasMore
          ? t(`Hơn ${formatNumber(rows.length)} dòng chờ trả lời.`, `More than ${formatNumber(rows.length)} rows wait.`)
          : t(`${formatNumber(rows.length)} dòng chờ trả lời.`, `${formatNumber(rows.length)} rows wait.`)}
      </p>
      {candidates.map((question, nth) => (
        <Pair
          key={question.id}
          question={question}
          isFirst={nth === 0}
          isBusy={isBusy}
          onAnswer={(answer) => onAnswer(question.id, answer)}
        />
      ))}
      {rows.length > 1 && (
        <p>
          <button
            type="button"
            class="button"
            disabled={isBusy}
            onClick={() =>
              setLater(rows.every((row) => row === now || later.has(row)) ? new Set() : new Set([...later, now]))
            }
          >
            {t('Để sau, xem dòng khác', 'Later, show another row')}
          </button>
        </p>
      )}
    </section>
  );
}

function Answered({
  questions,
  isBusy,
  onTakeBack,
}: {
  readonly questions: readonly Question[];
  readonly isBusy: boolean;
  readonly onTakeBack: (id: string) => void;
}) {
  if (questions.length === 0) return <Empty>{t('Chưa trả lời câu nào.', 'Nothing is answered yet.')}</Empty>;
  return (
    <Ruled onMargin isTight>
      {questions.map(({ id, row, record, state, organisation }) => (
        <Row
          key={id}
          title={both(row.fullName, record.fullName)}
          note={
            <span class="text-sm">
              {both(row.birthDate && formatDate(row.birthDate), record.birthDate && formatDate(record.birthDate))} ·{' '}
              {organisation.name}
            </span>
          }
          act={
            <>
              {state === 'same' ? (
                <State state="good">{t('Một người', 'One person')}</State>
              ) : (
                <State state="plain">{t('Hai người', 'Two people')}</State>
              )}
              <button type="button" class="button button-small" disabled={isBusy} onClick={() => onTakeBack(id)}>
                {t('Hỏi lại', 'Ask again')}
              </button>
            </>
          }
        />
      ))}
    </Ruled>
  );
}

/** What the file says and what the record says, once where they agree. */
const both = (given: string | null, kept: string | null): string =>
  [...new Set([given, kept])].filter((one) => one !== null).join(' / ');

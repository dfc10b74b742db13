import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { api, must } from '../../design/api.ts';
import { Diff } from '../../design/diff.tsx';
import { Banner } from '../../design/form.tsx';
import { Icon } from '../../design/icon.tsx';
import { formatNumber, t } from '../../design/language.ts';
import { useAction, useLoad } from '../../design/load.ts';
import { fieldName } from '../../design/released.tsx';
import { Row, type RowMark, Ruled } from '../../design/ruled.tsx';
import { Show } from '../../design/show.tsx';
import { Table } from '../../design/table.tsx';
import { useFilter } from '../filter.ts';
import { mayDo } from '../may.ts';
import { Ago } from '../parts.tsx';
import { PickPerson } from '../people/pick.tsx';
import { FieldsOf } from './fields-of.tsx';
import type { Explanation, Target } from './words.ts';

/** «Vì sao chưa tới?»: one person at this target, asked step by step; the one who is asked about is in the address. */
export function Why({ target }: { readonly target: Target }) {
  const [personId, setPerson] = useFilter('person');
  return (
    <section class="grid gap-4 min-w-0 content-start" aria-labelledby="why">
      <h2 id="why">{t('Vì sao một người chưa tới?', 'Why is somebody not there yet?')}</h2>
      <PickPerson label={t('Tìm người', 'Find the person')} onPick={setPerson} />
      {personId && <Ladder key={personId} target={target} personId={personId} />}
    </section>
  );
}

function Ladder({ target, personId }: { readonly target: Target; readonly personId: string }) {
  const path = { id: target.id, person: personId };
  const [asked, again] = useLoad(`why ${personId}`, async () => {
    const [person, explanation] = await Promise.all([
      must(api.GET('/api/v1/people/{id}', { params: { path: { id: personId } } })),
      must(api.GET('/api/v1/sync/targets/{id}/people/{person}', { params: { path } })),
    ]);
    return { person, explanation };
  });
  const [refused, setRefused] = useState<string | null>(null);
  const { isBusy, error, run } = useAction();
  const bring = () =>
    run(async () => {
      setRefused((await must(api.POST('/api/v1/sync/targets/{id}/people/{person}', { params: { path } }))).why);
      again();
    });
  return (
    <Show loaded={asked}>
      {({ person, explanation }) => (
        <>
          <p>
            <a href={`/admin/people/${personId}`} class="font-semibold">
              {person.fullName}
            </a>
          </p>
          <Ruled isOrdered isTight label={t('Từng bước', 'Step by step')}>
            {stepsOf({ ...explanation, refusal: refused ?? explanation.refusal }).map(
              ({ mark, said, title, note, changes }) => (
                <Row key={title} mark={mark} said={said} title={title} note={note}>
                  {changes && <Differences changes={changes} />}
                </Row>
              ),
            )}
          </Ruled>
          {error && <Banner state="bad">{error}</Banner>}
          {mayDo(target)('sync.write') && explanation.scope !== 'elsewhere' && explanation.changes.length > 0 && (
            <button
              type="button"
              class="button justify-self-start"
              disabled={isBusy || explanation.isPaused}
              onClick={bring}
            >
              <Icon name="send" />
              {isBusy ? t('Đang đưa sang…', 'Bringing…') : t('Đưa sang ngay', 'Bring now')}
            </button>
          )}
          {explanation.fields.length > 0 && <FieldsOf fields={explanation.fields} />}
        </>
      )}
    </Show>
  );
}

interface Step {
  readonly mark: RowMark;
  /** The mark in a word. */
  readonly said: string;
  readonly title: string;
  readonly note?: ComponentChildren;
  readonly changes?: Explanation['changes'];
}

const good = () => ({ mark: 'good', said: t('được', 'fine') }) as const;
const look = () => ({ mark: 'warn', said: t('cần xem', 'look') }) as const;
const bad = () => ({ mark: 'bad', said: t('hỏng', 'failed') }) as const;
const later = () => ({ mark: 'later', said: t('chưa tới', 'not yet') }) as const;

/** In the order in which a change goes out; after a step that stops it the rest is still to come. */
function stepsOf(why: Explanation): Step[] {
  const scope = scopeStep(why);
  if (why.scope === 'elsewhere') return [scope];
  const { failure, connectMs, isThere, changes } = why;
  if (failure !== null || connectMs === null) {
    return [
      scope,
      { ...bad(), title: t('Không nối được máy chủ', 'The server cannot be reached'), note: failure },
      { ...later(), title: t('Tìm mục của người này', 'Look for the entry') },
      { ...later(), title: t('So với sổ', 'Compare with the registry') },
    ];
  }
  const found = isThere
    ? t('Đã có mục ở đó', 'There is an entry')
    : why.scope === 'in'
      ? t('Chưa có mục nào, sẽ thêm', 'There is no entry yet; one is added')
      : t('Không có mục nào, đúng như vậy', 'There is no entry, as it should be');
  return [
    scope,
    { ...good(), title: t('Nối được máy chủ', 'The server answers'), note: `${formatNumber(connectMs)} ms` },
    { ...good(), title: found, note: t('tìm theo mã giáo dục', 'looked up by education ID') },
    ...outcomeSteps(why, changes),
  ];
}

function scopeStep({ scope }: Explanation): Step {
  switch (scope) {
    case 'in':
      return { ...good(), title: t('Thuộc phạm vi của đích', 'Within what the target receives') };
    case 'left':
      return {
        ...look(),
        title: t('Không còn học hay làm việc ở đây', 'No longer here'),
        note: t('Đích chỉ được báo là người này đã rời.', 'The target is only told that they left.'),
      };
    case 'role':
      return {
        ...look(),
        title: t('Không ở vai trò mà đích nhận', 'In none of the roles that the target receives'),
        note: t('Xem «Đích này được biết gì».', 'See “What this target receives”.'),
      };
    case 'elsewhere':
      return {
        ...look(),
        title: t('Ở ngoài đơn vị mà đích nhận', 'Outside the organisation that the target receives'),
        note: t('Đích này không biết gì về người này.', 'This target knows nothing of them.'),
      };
  }
}

function outcomeSteps(why: Explanation, changes: Explanation['changes']): Step[] {
  if (changes.length === 0) {
    return [{ ...good(), title: t('Đúng như sổ, không phải đổi gì', 'As in the registry, nothing to change') }];
  }
  const differs = {
    title: isAdded(changes) ? t('Sẽ gửi', 'Would be sent') : t('Còn khác với sổ', 'Differs from the registry'),
    changes,
  };
  if (why.isPaused)
    return [
      { ...look(), ...differs },
      {
        ...look(),
        title: t('Đích đang tạm dừng', 'The target is paused'),
        note: t('Cho chạy tiếp thì sẽ đưa sang.', 'Resumed, it is brought.'),
      },
    ];
  if (why.isHeld)
    return [
      { ...look(), ...differs },
      {
        ...look(),
        title: t('Chờ người thứ hai duyệt', 'Waits for a second person'),
        note: t('Cùng lúc có quá nhiều người bị vô hiệu hoá.', 'Unusually many would be disabled at once.'),
      },
    ];
  if (why.refusal)
    return [
      {
        ...bad(),
        ...differs,
        note: t(`Lần trước đích từ chối: «${why.refusal}»`, `Refused last time: “${why.refusal}”`),
      },
      { ...later(), title: t('Ghi lại là đã có ở đích', 'Recorded as being there') },
    ];
  return [
    { mark: 'now', said: t('đang chờ', 'waiting'), ...differs },
    {
      ...later(),
      title: why.pendingSince
        ? t('Đang đợi tới lượt', 'Waits for its turn')
        : t('Lượt sau sẽ đưa sang', 'The next run brings it'),
      note: why.pendingSince && <Ago at={why.pendingSince} />,
    },
  ];
}

const isAdded = (changes: Explanation['changes']) =>
  changes.some(({ kind, action }) => kind === 'person' && action === 'add');

/** What differs, as the target holds it and as it should be. */
function Differences({ changes }: { readonly changes: Explanation['changes'] }) {
  const ofPerson = changes.filter(({ kind }) => kind === 'person');
  const groups = changes.filter(({ kind }) => kind === 'membership');
  const rows = ofPerson.flatMap(({ before, after }) =>
    [...new Set([...Object.keys(before), ...Object.keys(after)])].map((field) => (
      <tr key={field}>
        <td>{fieldName(field)}</td>
        <td>
          <Diff before={before[field]?.join(', ') || null} after={after[field]?.join(', ') || null} />
        </td>
      </tr>
    )),
  );
  return (
    <div class="grid gap-2 mt-2">
      {rows.length > 0 && (
        <Table
          label={t('Từng mục, trước và sau', 'Field by field, before and after')}
          density="dense"
          heads={[t('Mục', 'Field'), t('Trước → sau', 'Before → after')]}
        >
          {rows}
        </Table>
      )}
      {groups.length > 0 && (
        <p class="text-sm text-quiet break-words">
          {groups
            .map(
              ({ action, key }) => `${action === 'add' ? t('vào nhóm', 'joins') : t('ra khỏi nhóm', 'leaves')} ${key}`,
            )
            .join(' · ')}
        </p>
      )}
    </div>
  );
}

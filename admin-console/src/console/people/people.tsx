import { useState } from 'preact/hooks';
import { api, must } from '../../design/api.ts';
import { ActionBar } from '../../design/bar.tsx';
import { Chips } from '../../design/choices.tsx';
import { copyText } from '../../design/copy.ts';
import { Face } from '../../design/face.tsx';
import { Icon } from '../../design/icon.tsx';
import { formatDate, formatEducationId, formatNumber, t } from '../../design/language.ts';
import { State } from '../../design/mark.tsx';
import { Show } from '../../design/show.tsx';
import { Table, useDensity, useSelection } from '../../design/table.tsx';
import { toast } from '../../design/toast.tsx';
import type { paths } from '../../generated/api.d.ts';
import { useFilter } from '../filter.ts';
import { useMay } from '../me.ts';
import { usePages } from '../pages.ts';
import { EducationId, More, Search, Title } from '../parts.tsx';
import { repeated } from '../twins.ts';
import { roleName } from '../words.ts';
import { SignInState, useSignInStates } from './standing.tsx';

type Found = paths['/api/v1/people']['get']['responses']['200']['content']['application/json']['items'][number];
type Counts = paths['/api/v1/people/counts']['get']['responses']['200']['content']['application/json'];

const kinds = ['learner', 'teacher', 'staff', 'guardian'] as const;

/** One box that finds anybody: name with or without marks, or an education ID. */
export function People() {
  const [query, setQuery] = useFilter('q');
  const [role, setRole] = useFilter<(typeof kinds)[number]>('role');
  const [density, densityChoice] = useDensity();
  const [counts, setCounts] = useState<Counts>();
  const words = query ? { q: query } : {};
  const { loaded, more } = usePages(`${query}|${role}`, async (cursor) => {
    const asked = { limit: 50, ...words, ...(role ? { role } : {}), ...(cursor ? { cursor } : {}) };
    const [page, counted] = await Promise.all([
      must(api.GET('/api/v1/people', { params: { query: asked } })),
      cursor === undefined && must(api.GET('/api/v1/people/counts', { params: { query: words } })),
    ]);
    if (counted) setCounts(counted);
    return page;
  });
  return (
    <>
      <Title title={t('Người', 'People')} note={counts && howMany(counts)}>
        {useMay('people.write') && (
          <>
            <a class="button" href="/admin/transfers">
              {t('Chuyển trường', 'Transfers')}
            </a>
            <a class="button" href="/admin/people/new">
              <Icon name="plus" />
              {t('Thêm một người', 'Add somebody')}
            </a>
          </>
        )}
      </Title>
      <div class="grid gap-4">
        <Search
          label={t('Tìm theo tên hoặc mã giáo dục', 'Search by name or education ID')}
          placeholder={t('Tên không dấu cũng được, hoặc mã giáo dục', 'A name, marks optional, or an education ID')}
          value={query}
          onSearch={setQuery}
        />
        <div class="flex flex-wrap items-center justify-between gap-3">
          <Chips
            label={t('Vai trò', 'Role')}
            value={role}
            format={formatNumber}
            options={[
              { value: '', label: t('Mọi vai trò', 'Every role') },
              ...kinds.map((value) => ({ value, label: roleName(value), count: countOf(counts, value) })),
            ]}
            onChoose={setRole}
          />
          <span class="hidden lg:inline-flex">{densityChoice}</span>
        </div>
      </div>
      <Show loaded={loaded}>
        {(people) => (
          <>
            <PeopleTable people={people} density={density} isFiltered={query !== '' || role !== ''} />
            {more && <More onClick={more} />}
          </>
        )}
      </Show>
    </>
  );
}

/** As many as the server counts at most. */
const mostCounted = 2_000;

/** Of a list that was counted to its end a role without anybody is none. */
const countOf = (counts: Counts | undefined, role: (typeof kinds)[number]): number | undefined =>
  counts && (counts.roles[role] ?? (counts.all < mostCounted ? 0 : undefined));

const howMany = ({ all }: Counts): string =>
  all < mostCounted
    ? t(`${formatNumber(all)} người`, all === 1 ? 'One person' : `${formatNumber(all)} people`)
    : t(`Hơn ${formatNumber(mostCounted)} người`, `More than ${formatNumber(mostCounted)} people`);

function PeopleTable({
  people,
  density,
  isFiltered,
}: {
  readonly people: readonly Found[];
  readonly density: 'loose' | 'normal' | 'dense';
  readonly isFiltered: boolean;
}) {
  const selection = useSelection();
  const twins = repeated(people.map(({ fullName }) => fullName));
  const chosen = people.filter(({ id }) => selection.ids.has(id));
  const standing = useSignInStates(people.map(({ id }) => id));
  return (
    <>
      <Table
        label={t('Danh sách người', 'People')}
        density={density}
        empty={
          isFiltered
            ? t('Không tìm thấy ai. Thử gõ ít chữ hơn.', 'Nobody was found. Try fewer letters.')
            : t('Chưa có ai.', 'There is nobody yet.')
        }
        heads={[
          { name: 'select', node: selection.tickAll(people.map(({ id }) => id)) },
          t('Họ và tên', 'Name'),
          t('Mã giáo dục', 'Education ID'),
          t('Vai trò', 'Role'),
          t('Trường', 'School'),
          ...(standing ? [t('Đăng nhập', 'Signing in')] : []),
        ]}
      >
        {people.map((person) => (
          <tr key={person.id} aria-selected={selection.ids.has(person.id)}>
            <td class="row-tick w-10">{selection.tick(person.id, person.fullName)}</td>
            <td>
              <span class="flex items-center gap-3">
                {density !== 'dense' && <Face name={person.fullName} />}
                <span>
                  <a href={`/admin/people/${person.id}`}>{person.fullName}</a>{' '}
                  {person.status === 'left' && <State state="plain">{t('Đã rời', 'Left')}</State>}
                  {person.status === 'archived' && <State state="plain">{t('Lưu trữ', 'Archived')}</State>}
                  {twins.has(person.fullName) && person.birthDate && (
                    <span class="block text-sm text-quiet">
                      {t('sinh', 'born')} {formatDate(person.birthDate)}
                    </span>
                  )}
                </span>
              </span>
            </td>
            <td>
              <EducationId id={person.educationId} />
            </td>
            <td>
              {lines(person, ({ role, title, className }) =>
                // Broken, if at all, before the class.
                className
                  ? `${(title ?? roleName(role)).replaceAll(' ', '\u00a0')}\u00a0· ${className}`
                  : (title ?? roleName(role)),
              )}
            </td>
            <td>{lines(person, ({ organisation }) => organisation.name)}</td>
            {standing && (
              <td>
                <SignInState of={standing.get(person.id)} />
              </td>
            )}
          </tr>
        ))}
      </Table>
      {chosen.length > 0 && (
        <ActionBar said={<b>{t(`${chosen.length} người đã chọn`, `${chosen.length} selected`)}</b>}>
          <CopyList people={chosen} />
          <button type="button" class="button button-quiet" onClick={selection.clear}>
            {t('Bỏ chọn', 'Clear')}
          </button>
        </ActionBar>
      )}
    </>
  );
}

function lines({ affiliations }: Found, say: (one: Found['affiliations'][number]) => string) {
  return affiliations.map((one) => (
    <span key={`${one.organisation.id}${one.role}`} class="block">
      {say(one)}
    </span>
  ));
}

/** Names and IDs as lines that a spreadsheet takes when they are pasted. */
function CopyList({ people }: { readonly people: readonly Found[] }) {
  const [isBusy, setBusy] = useState(false);
  const copy = async () => {
    setBusy(true);
    const rows = people.map(({ fullName, educationId, affiliations: [first] }) =>
      [fullName, formatEducationId(educationId), first?.className ?? '', first?.organisation.name ?? ''].join('\t'),
    );
    const isCopied = await copyText(rows.join('\n'));
    setBusy(false);
    if (!isCopied) return;
    toast(t(`Đã chép ${people.length} dòng, dán được vào Excel.`, `${people.length} rows copied, ready for Excel.`));
  };
  return (
    <button type="button" class="button" disabled={isBusy} onClick={copy}>
      <Icon name="copy" />
      {t('Chép tên và mã', 'Copy names and IDs')}
    </button>
  );
}

import { api, must } from '../../design/api.ts';
import { Chips } from '../../design/choices.tsx';
import { formatClock, formatDate, formatNumber, locale, t } from '../../design/language.ts';
import { Row } from '../../design/ruled.tsx';
import { Empty, Show } from '../../design/show.tsx';
import type { paths } from '../../generated/api.d.ts';
import { useFilter } from '../filter.ts';
import { usePages } from '../pages.ts';
import { More, Title } from '../parts.tsx';
import { roleName } from '../words.ts';
import { Days } from './days.tsx';

type Access = paths['/api/v1/accesses']['get']['responses']['200']['content']['application/json']['items'][number];
type Operation = NonNullable<NonNullable<paths['/api/v1/accesses']['get']['parameters']['query']>['operation']>;

/** What officers ask for most; everything else is under «Tất cả». */
const asked = (): readonly (readonly [Operation | '', string])[] => [
  ['', t('Tất cả', 'Everything')],
  ['people.open', t('Mở hồ sơ', 'Opened records')],
  ['people.list', t('Tìm và xem danh sách', 'Lists and searches')],
  ['marks.open', t('Xem điểm', 'Looked at marks')],
  ['documents.read', t('Đọc văn bản', 'Read documents')],
  ['audit.list', t('Đọc nhật ký', 'Read the log')],
];

/** `/admin/audit/accesses`: the book of who looked, by its readers. Of whom is for the people themselves and their families. */
export function Accesses() {
  const [operation, setOperation] = useFilter<Operation>('operation');
  const { loaded, more } = usePages(`accesses ${operation}`, (cursor) =>
    must(
      api.GET('/api/v1/accesses', {
        params: { query: { limit: 50, ...(operation ? { operation } : {}), ...(cursor ? { cursor } : {}) } },
      }),
    ),
  );
  return (
    <>
      <Title
        title={t('Ai đã xem hồ sơ?', 'Who looked at records?')}
        note={t(
          'Xem của ai thì chính người đó và gia đình đọc ở trang tài khoản, không đọc ở đây.',
          'At whose is for those people and their families to read on their own page, not here.',
        )}
        back={{ href: '/admin/audit', label: t('Nhật ký', 'Audit') }}
      />
      <Chips
        label={t('Việc', 'What')}
        value={operation}
        format={formatNumber}
        options={asked().map(([value, label]) => ({ value, label }))}
        onChoose={setOperation}
      />
      <Show loaded={loaded}>
        {(entries) =>
          entries.length === 0 ? (
            <Empty icon="eye">{t('Chưa ai làm như vậy.', 'Nobody did that yet.')}</Empty>
          ) : (
            <Days items={together(entries)}>{(line) => <AccessRow key={line.id} line={line} />}</Days>
          )
        }
      </Show>
      {more && <More onClick={more} />}
    </>
  );
}

interface Line extends Access {
  readonly times: number;
}

/** The same reader doing the same on one day is one line, at its last time. */
function together(entries: readonly Access[]): readonly Line[] {
  const lines = new Map<string, Line>();
  for (const entry of entries) {
    const key = [formatDate(entry.at), entry.operation, entry.reader?.id, entry.role, entry.organisation?.id].join();
    const line = lines.get(key) ?? { ...entry, times: 0 };
    lines.set(key, { ...line, times: line.times + 1, people: Math.max(line.people, entry.people) });
  }
  return [...lines.values()];
}

/** «Đỗ Ngọc Uyên đã xem điểm · 32 người»; as what, and where. */
function AccessRow({ line: { at, sentence, reader, role, organisation, people, times } }: { readonly line: Line }) {
  return (
    <Row
      title={
        <span class="font-normal">
          {reader ? (
            <a href={`/admin/people/${reader.id}`} class="font-semibold no-underline hover:underline">
              {reader.fullName}
            </a>
          ) : (
            <b>{t('Một ứng dụng, hoặc người có mã văn bản', 'An app, or who has a document’s code')}</b>
          )}{' '}
          {sentence[locale()]}
          {people > 0 &&
            ` · ${t(`${formatNumber(people)} người`, people === 1 ? 'one person' : `${formatNumber(people)} people`)}`}
          {times > 1 && ` · ${t(`${formatNumber(times)} lần`, `${formatNumber(times)} times`)}`}
        </span>
      }
      note={
        (role || organisation) && (
          <span class="text-sm">{[role && roleName(role), organisation?.name].filter(Boolean).join(' · ')}</span>
        )
      }
      act={
        <time dateTime={at} class="text-sm text-quiet number">
          {formatClock(at)}
        </time>
      }
    />
  );
}

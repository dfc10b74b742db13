import { formatNumber, formatTime, t } from './language.ts';
import { Row, Ruled } from './ruled.tsx';

/** What a field is, as people call it: of the contract, or as it is sent. */
export function fieldName(field: string): string {
  const names: Record<string, string> = {
    name: t('họ tên', 'name'),
    birthDate: t('ngày sinh', 'birth date'),
    gender: t('giới tính', 'gender'),
    roles: t('vai trò', 'role'),
    organisations: t('trường', 'school'),
    classes: t('lớp', 'class'),
    titles: t('chức danh', 'title'),
    fullName: t('họ tên', 'full name'),
    familyName: t('họ và đệm', 'family name'),
    givenName: t('tên', 'given name'),
    educationId: t('mã giáo dục', 'education ID'),
    isActive: t('còn học, làm việc hay đã rời', 'whether they are still here'),
    members: t('thành viên', 'members'),
  };
  return names[field] ?? field;
}

/** Fields that a system got of a person together; the latest first. */
export interface Released {
  readonly recipient: string;
  /** By neutral name. */
  readonly fields: readonly string[];
  /** ISO 8601. */
  readonly lastAt: string;
  readonly times: number;
}

/** Of many systems so many are read at once; the others are folded. */
const shown = 5;

/** What other systems got to know of a person, the latest first. */
export function ReleasedTo({ releases }: { readonly releases: readonly Released[] }) {
  const all = byRecipient(releases);
  // One more is not worth a tap.
  const first = all.length > shown + 1 ? all.slice(0, shown) : all;
  const others = all.slice(first.length);
  return (
    <>
      <Recipients of={first} />
      {others.length > 0 && (
        <details>
          <summary>
            {t(`${formatNumber(others.length)} hệ thống nữa`, `${formatNumber(others.length)} more systems`)}
          </summary>
          <Recipients of={others} />
        </details>
      )}
    </>
  );
}

function Recipients({ of }: { readonly of: readonly Released[] }) {
  return (
    <Ruled isTight>
      {of.map(({ recipient, fields, lastAt, times }) => (
        <Row
          key={recipient}
          title={recipient}
          note={
            <>
              {inOrder(fields).map(fieldName).join(', ')}
              <span class="block text-sm">
                {t('lần gần nhất', 'last')} <time dateTime={lastAt}>{formatTime(lastAt)}</time>
                {times > 1 && ` · ${t(`${formatNumber(times)} lần`, `${formatNumber(times)} times`)}`}
              </span>
            </>
          }
        />
      ))}
    </Ruled>
  );
}

/** A system gets different fields at different times: what it knows is all of them. */
function byRecipient(releases: readonly Released[]): Released[] {
  const merged = new Map<string, Released>();
  for (const release of releases) {
    const before = merged.get(release.recipient);
    if (!before) merged.set(release.recipient, release);
    else
      merged.set(release.recipient, {
        ...before,
        fields: [...new Set([...before.fields, ...release.fields])],
        times: before.times + release.times,
      });
  }
  return [...merged.values()];
}

/** As people would say them; the parts of a name are said by the whole. */
const order = [
  'fullName',
  'educationId',
  'birthDate',
  'gender',
  'roles',
  'organisations',
  'classes',
  'titles',
  'isActive',
];

function inOrder(fields: readonly string[]): string[] {
  const others = fields.filter((field) => !order.includes(field) && field !== 'familyName' && field !== 'givenName');
  return [...order.filter((field) => fields.includes(field)), ...others];
}

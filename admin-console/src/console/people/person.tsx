import { useRoute } from 'preact-iso';
import { api, must } from '../../design/api.ts';
import { ActButton } from '../../design/dialog.tsx';
import { Face } from '../../design/face.tsx';
import { formatDate, formatEducationId, t } from '../../design/language.ts';
import { useLoad } from '../../design/load.ts';
import { State } from '../../design/mark.tsx';
import { ReleasedTo } from '../../design/released.tsx';
import { Row, type RowMark, Ruled } from '../../design/ruled.tsx';
import { Show } from '../../design/show.tsx';
import { sentence } from '../call.ts';
import { mayDo } from '../may.ts';
import { useMay, useMe } from '../me.ts';
import { Ago, EducationId, Title } from '../parts.tsx';
import { eventName, relationName, roleName } from '../words.ts';
import { Leave } from './leave.tsx';
import { Limit } from './limit.tsx';
import { Roles } from './roles.tsx';
import { SignIn } from './sign-in.tsx';
import { Split } from './split.tsx';
import type { PersonView } from './views.ts';

/** One person: can they sign in, who they are, what they may do, what happened. */
export function PersonPage() {
  const { id = '' } = useRoute().params;
  const [person, reload] = useLoad(id, () => must(api.GET('/api/v1/people/{id}', { params: { path: { id } } })));
  return (
    <Show loaded={person}>
      {(data) => (
        <>
          <Title
            title={data.fullName}
            before={<Face name={data.fullName} isLarge />}
            note={
              <span class="flex flex-wrap items-center gap-x-3">
                {whereNow(data.history)}
                <EducationId id={data.educationId} />
                {data.status === 'left' && <State state="plain">{t('Đã rời', 'Left')}</State>}
                {data.status === 'archived' && <State state="plain">{t('Lưu trữ', 'Archived')}</State>}
                {data.status === 'merged' && <State state="plain">{t('Đã gộp', 'Merged')}</State>}
              </span>
            }
            back={{ href: '/admin/people', label: t('Người', 'People') }}
          >
            {data.status !== 'merged' && <IssueLink person={data} />}
          </Title>
          <div class="split">
            <div class="grid gap-10 content-start">
              {data.status === 'merged' ? <WhereMerged person={data} /> : <SignIn person={data} />}
              <Record person={data} onChange={reload} />
              {data.status !== 'merged' && <Roles person={data} />}
              <Releases personId={data.id} />
            </div>
            <Timeline person={data} />
          </div>
        </>
      )}
    </Show>
  );
}

/** A record that became part of another one: nothing is done to it any longer, and its ID leads to that one. */
function WhereMerged({ person: { educationId } }: { readonly person: PersonView }) {
  return (
    <p class="card">
      {t(
        'Hồ sơ này đã gộp vào hồ sơ khác và không đổi nữa. ',
        'This record was merged into another and changes no more. ',
      )}
      <a href={`/admin/people?q=${educationId}`}>{t('Mở hồ sơ còn lại', 'Open the one that stays')}</a>
    </p>
  );
}

/** To the forms of the school for one of its learners: its administrator issues them. */
function IssueLink({ person: { id, history } }: { readonly person: PersonView }) {
  const schools = useMe().roles.flatMap(({ role, organisation }) =>
    role === 'school-administrator' ? [organisation.id] : [],
  );
  if (!history.some(({ role, organisation }) => role === 'learner' && schools.includes(organisation.id))) return null;
  return (
    <a class="button" href={`/admin/signing/forms/new?person=${id}`}>
      {t('Cấp giấy tờ', 'Issue a document')}
    </a>
  );
}

interface Post {
  readonly role: string;
  readonly title: string | null;
  readonly className: string | null;
  readonly organisation: { readonly name: string };
  readonly validUntil: string | null;
}

const postName = ({ role, title, className, organisation }: Post) =>
  [[title ?? roleName(role), className].filter(Boolean).join(' '), organisation.name].join(' · ');

/** Everything that the person is now, as people say it. */
function whereNow(history: readonly Post[]): string | undefined {
  const now = history.filter(({ validUntil }) => validUntil === null).map(postName);
  return now.length > 0 ? now.join('; ') : undefined;
}

function Record({ person, onChange }: { readonly person: PersonView; readonly onChange: () => void }) {
  const may = mayDo(person);
  const isLearner = person.affiliations.some(({ role }) => role === 'learner');
  return (
    <section class="grid gap-3" aria-labelledby="record">
      <h2 id="record">{t('Hồ sơ', 'Record')}</h2>
      <dl class="facts">
        {person.aliases.length > 0 && (
          <>
            <dt>{t('Mã cũ', 'Older IDs')}</dt>
            <dd>
              <span class="code">{person.aliases.map(formatEducationId).join(', ')}</span>{' '}
              <span class="text-quiet">({t('vẫn dùng được', 'still work')})</span>{' '}
              {may('people.merge') &&
                person.aliases.map((one) => <Split key={one} person={person} educationId={one} />)}
            </dd>
          </>
        )}
        <dt>{t('Ngày sinh', 'Born')}</dt>
        <dd>{person.birthDate ? formatDate(person.birthDate) : t('chưa có', 'not known')}</dd>
        {person.ministryId && (
          <>
            <dt>{t('Mã định danh Bộ', 'Ministry’s identifier')}</dt>
            <dd class="code">{person.ministryId}</dd>
          </>
        )}
        {person.lifelongCode && (
          <>
            <dt>{t('Mã học tập suốt đời', 'Lifelong learning code')}</dt>
            <dd class="code">{person.lifelongCode}</dd>
          </>
        )}
        {person.gender && (
          <>
            <dt>{t('Giới tính', 'Gender')}</dt>
            <dd>{person.gender === 'female' ? t('Nữ', 'Female') : t('Nam', 'Male')}</dd>
          </>
        )}
        <dt>{t('Ở đâu', 'Where')}</dt>
        <dd>
          <ul class="grid gap-1">
            {person.history.map((one) => (
              <li key={`${one.organisation.id}${one.role}${one.validFrom}`} class={one.validUntil ? 'text-quiet' : ''}>
                {postName(one)}{' '}
                <span class="text-sm text-quiet whitespace-nowrap">
                  {formatDate(one.validFrom)} – {one.validUntil ? formatDate(one.validUntil) : t('nay', 'now')}
                </span>
              </li>
            ))}
          </ul>
        </dd>
        {person.guardians.length > 0 && (
          <Relatives
            label={t('Người giám hộ', 'Guardians')}
            people={person.guardians}
            {...(may('people.write') ? { onEnded: onChange } : {})}
          />
        )}
        {person.wards.length > 0 && <Relatives label={t('Con em', 'Children')} people={person.wards} />}
      </dl>
      {may('people.write') && person.status !== 'merged' && (
        <div class="flex flex-wrap gap-2">
          <a class="button" href={`/admin/people/${person.id}/edit`}>
            {t('Sửa hồ sơ', 'Correct the record')}
          </a>
          {isLearner && (
            <a class="button" href={`/admin/people/${person.id}/guardian`}>
              {t('Thêm người giám hộ', 'Add a guardian')}
            </a>
          )}
          {isLearner && (
            <a class="button" href={`/admin/people/${person.id}/transfer`}>
              {t('Chuyển lớp', 'Move to another class')}
            </a>
          )}
          {isLearner && (
            <a class="button" href={`/admin/people/${person.id}/offer`}>
              {t('Đề nghị chuyển trường', 'Offer to another school')}
            </a>
          )}
          {may('people.merge') && (
            <a class="button" href={`/admin/people/${person.id}/merge`}>
              {t('Gộp hồ sơ trùng', 'Merge a duplicate')}
            </a>
          )}
          {person.status === 'active' && <Leave person={person} onDone={onChange} />}
        </div>
      )}
    </section>
  );
}

function Relatives({
  label,
  people,
  onEnded,
}: {
  readonly label: string;
  readonly people: readonly {
    readonly id: string;
    readonly fullName: string;
    readonly relation: string;
    readonly guardianshipId: string;
    readonly scope: 'full' | 'documents' | 'none';
  }[];
  /** Present where the guardianship may be ended. */
  readonly onEnded?: () => void;
}) {
  return (
    <>
      <dt>{label}</dt>
      <dd class="grid gap-2 justify-items-start">
        {people.map((relative) => (
          <span key={relative.id} class="flex flex-wrap gap-x-3 gap-y-1 items-center">
            <span>
              <a href={`/admin/people/${relative.id}`}>{relative.fullName}</a>{' '}
              <span class="text-quiet">({relationName(relative.relation)})</span>
            </span>
            {onEnded && <Limit guardian={relative} onDone={onEnded} />}
            {onEnded && (
              <ActButton
                small
                label={t(`Gỡ ${relative.fullName}`, `Remove ${relative.fullName}`)}
                question={t(
                  `${relative.fullName} không còn là người giám hộ?`,
                  `${relative.fullName} is no longer a guardian?`,
                )}
                confirm={t('Gỡ người giám hộ', 'Remove the guardian')}
                bad
                onConfirm={async () => {
                  await must(
                    api.DELETE('/api/v1/guardianships/{id}', { params: { path: { id: relative.guardianshipId } } }),
                  );
                  onEnded();
                }}
              >
                <p>
                  {t(
                    'Từ hôm nay người này không xem được gì của em nữa. Lịch sử vẫn được giữ.',
                    'From today they see nothing of the child. The history stays.',
                  )}
                </p>
              </ActButton>
            )}
          </span>
        ))}
      </dd>
    </>
  );
}

/** What was sent to other systems about this person; nothing where nothing was. */
function Releases({ personId }: { readonly personId: string }) {
  const mayRead = useMay('audit.read');
  const [loaded] = useLoad(`releases of ${personId} ${mayRead}`, async () =>
    mayRead ? must(api.GET('/api/v1/people/{id}/releases', { params: { path: { id: personId } } })) : { items: [] },
  );
  if (loaded.state !== 'ready' || loaded.data.items.length === 0) return null;
  return (
    <section class="grid gap-3" aria-labelledby="releases">
      <h2 id="releases">{t('Đã gửi đi đâu', 'Sent to other systems')}</h2>
      <ReleasedTo releases={loaded.data.items} />
    </section>
  );
}

function Timeline({ person }: { readonly person: PersonView }) {
  const mayRead = useMay('audit.read');
  return (
    <section class="grid gap-4 content-start min-w-0" aria-labelledby="timeline">
      <h2 id="timeline">{t('Đã xảy ra', 'What happened')}</h2>
      <Ruled isOrdered isTight>
        {person.timeline.map(({ at, type, data }) => (
          <Row
            key={`${at}${type}`}
            mark={marks[type] ?? 'dot'}
            title={<span class="font-normal">{sentence(eventName(type))}</span>}
            note={
              <span class="text-sm">
                <Ago at={at} />
                {mayRead && type === 'person.changed' && <BeforeAndAfter data={data} />}
              </span>
            }
          />
        ))}
      </Ruled>
      {mayRead && (
        <a class="button" href={`/admin/audit?subject=${person.id}`}>
          {t('Xem tất cả trong nhật ký', 'See all in the audit log')}
        </a>
      )}
    </section>
  );
}

/** Where two people agreed to a correction, and the old name stands; nothing where one wrote it. */
function BeforeAndAfter({ data }: { readonly data: unknown }) {
  if (typeof data !== 'object' || data === null || !('approval' in data)) return null;
  return (
    <>
      {' · '}
      <a href={`/admin/approvals/${data.approval}`}>{t('Trước và sau khi sửa', 'Before and after')}</a>
    </>
  );
}

/** Events that one looks for first; the others are points on the line. */
const marks: Readonly<Record<string, RowMark>> = {
  'account.activated': 'good',
  'account.resumed': 'good',
  'account.suspended': 'bad',
  'person.left': 'bad',
};

import type { ChildrenProps } from '@edutrust/idp/pages';
import { Face } from '../design/face.tsx';
import { Icon } from '../design/icon.tsx';
import { formatEducationId, t } from '../design/language.ts';
import { Ruled } from '../design/ruled.tsx';
import { AppsThatKnow } from './apps-that-know.tsx';
import { DataList } from './consent.tsx';
import { IssuedDocuments } from './issued.tsx';
import { Happened } from './when.tsx';

type Child = ChildrenProps['children'][number];

const givenNameOf = ({ fullName }: Child) => fullName.split(' ').at(-1) ?? fullName;

/** A guardian's page: each child, what was issued, who knows what, what happened. */
export function Children({ children, accountPath, homePath }: ChildrenProps) {
  const names = children.map(givenNameOf).join(', ');
  return (
    <>
      <div class="flex flex-wrap gap-4 justify-between items-start">
        <div class="grid gap-1">
          <h1>
            {children.length === 0
              ? t('Chưa có con em nào ở đây', 'No child is here yet')
              : t(`Giấy tờ và dữ liệu của ${names}`, `Documents and data of ${names}`)}
          </h1>
          <p class="text-quiet">
            {t(
              'Chỉ có con em mà nhà trường ghi là của anh chị.',
              'Only the children whom the school has recorded as yours.',
            )}
          </p>
        </div>
        <div class="flex flex-wrap gap-3">
          <a class="button" href={homePath}>
            <Icon name="layout-grid" />
            {t('Ứng dụng', 'Apps')}
          </a>
          <a class="button" href={accountPath}>
            <Icon name="user" />
            {t('Tài khoản của tôi', 'My account')}
          </a>
        </div>
      </div>
      {children.length === 0 && (
        <p class="card">
          {t(
            'Nhà trường chưa ghi con em nào của anh chị. Hãy hỏi giáo viên chủ nhiệm hoặc văn phòng trường.',
            'The school has recorded no child of yours yet. Ask the class teacher or the school’s office.',
          )}
        </p>
      )}
      {children.length > 1 && (
        <nav aria-label={t('Các con', 'The children')} class="flex flex-wrap gap-3">
          {children.map((child) => (
            <a key={child.id} class="chip" href={`#child-${child.id}`}>
              {givenNameOf(child)}
            </a>
          ))}
        </nav>
      )}
      {children.map((child) => (
        <OneChild key={child.id} child={child} />
      ))}
    </>
  );
}

function OneChild({ child }: { readonly child: Child }) {
  const place = [child.className && `${t('lớp', 'class')} ${child.className}`, child.school]
    .filter(Boolean)
    .join(' · ');
  return (
    <article class="grid gap-7 scroll-mt-4" aria-labelledby={`child-${child.id}`}>
      <header class="flex gap-4 items-center card">
        <Face name={child.fullName} isLarge />
        <div class="min-w-0">
          <h2 id={`child-${child.id}`}>{child.fullName}</h2>
          <p class="text-quiet">
            {place || t('hiện không học ở trường nào', 'at no school now')} ·{' '}
            <span class="number">{formatEducationId(child.educationId)}</span>
          </p>
        </div>
      </header>
      <Asked child={child} />
      <div class="split">
        <div class="grid gap-7">
          <Documents child={child} />
          {!child.decidesAlone && !child.isLimited && <Activity child={child} />}
        </div>
        {child.decidesAlone ? (
          <p class="card text-quiet">
            {t(
              `${givenNameOf(child)} đã đủ 16 tuổi: em tự quyết định ứng dụng nào được biết gì, và tài khoản là của em. Giấy tờ vẫn hiện ở đây tới khi em đủ 18 tuổi.`,
              `${givenNameOf(child)} is 16: which app knows what is their own decision, and the account is theirs. Documents stay here until they are 18.`,
            )}
          </p>
        ) : child.isLimited ? (
          <p class="card text-quiet">
            {t(
              'Theo quyết định của cơ quan có thẩm quyền, anh chị chỉ xem được giấy tờ của em ở đây. Hỏi văn phòng trường nếu quyết định đã thay đổi.',
              'By a decision of an authority you see the child’s documents only. Ask the school’s office if that has changed.',
            )}
          </p>
        ) : (
          <div class="grid gap-7">
            <Sharing child={child} />
            <Record child={child} />
          </div>
        )}
      </div>
    </article>
  );
}

function Documents({ child }: { readonly child: Child }) {
  const given = givenNameOf(child);
  return (
    <section class="grid gap-3" aria-labelledby={`documents-${child.id}`}>
      <h3 id={`documents-${child.id}`} class="text-lg">
        {t(`Giấy tờ của ${given}`, `${given}’s documents`)}
      </h3>
      <IssuedDocuments documents={child.documents} />
    </section>
  );
}

/** Who looked at the child's record, and a copy of all of it. */
function Record({ child }: { readonly child: Child }) {
  const given = givenNameOf(child);
  if (!child.looksPath && !child.dataPath) return null;
  return (
    <section class="grid gap-3" aria-labelledby={`record-${child.id}`}>
      <h3 id={`record-${child.id}`} class="text-lg">
        {t(`Hồ sơ của ${given}`, `${given}’s record`)}
      </h3>
      {child.looksPath && (
        <a
          class="button"
          href={child.looksPath}
          aria-label={t(`Ai đã xem hồ sơ của ${given}`, `Who looked at the record of ${given}`)}
        >
          <Icon name="eye" />
          {t('Ai đã xem hồ sơ', 'Who looked at the record')}
        </a>
      )}
      {child.dataPath && (
        <a
          class="button"
          href={child.dataPath}
          aria-label={t(`Tải bản sao dữ liệu của ${given}`, `Download a copy of the data of ${given}`)}
        >
          <Icon name="download" />
          {t('Tải bản sao dữ liệu', 'Download a copy of the data')}
        </a>
      )}
      {child.dataPath && (
        <a
          class="button"
          href={`/account/data-requests?of=${child.id}`}
          aria-label={t(`Sửa, xoá dữ liệu của ${given}`, `Correct or erase the data of ${given}`)}
        >
          <Icon name="shield-check" />
          {t('Sửa, xoá dữ liệu', 'Correct or erase the data')}
        </a>
      )}
    </section>
  );
}

/** What the child asked for: a guardian's word is needed beside theirs (Law 91/2025/QH15, article 24). */
function Asked({ child }: { readonly child: Child }) {
  const given = givenNameOf(child);
  if (child.asked.length === 0) return null;
  return (
    <section class="grid gap-3" aria-labelledby={`asked-${child.id}`}>
      <h3 id={`asked-${child.id}`} class="text-lg">
        {t(`${given} xin anh chị đồng ý`, `${given} asks you to agree`)}
      </h3>
      {child.asked.map(({ name, purpose, data, agreeAction, refuseAction }) => (
        <div key={agreeAction} class="card grid gap-3">
          <p>
            <b>{name}</b> {t('muốn biết những điều này.', 'wants to know this.')} {purpose}
          </p>
          <DataList data={data} />
          <div class="flex flex-wrap gap-3">
            <form method="post" action={agreeAction}>
              <button
                type="submit"
                class="button button-primary"
                aria-label={`${t('Đồng ý', 'Agree')}: ${name}, ${child.fullName}`}
              >
                {t('Đồng ý', 'Agree')}
              </button>
            </form>
            <form method="post" action={refuseAction}>
              <button
                type="submit"
                class="button"
                aria-label={`${t('Không đồng ý', 'Do not agree')}: ${name}, ${child.fullName}`}
              >
                {t('Không đồng ý', 'Do not agree')}
              </button>
            </form>
          </div>
        </div>
      ))}
    </section>
  );
}

function Sharing({ child }: { readonly child: Child }) {
  const given = givenNameOf(child);
  return (
    <section class="grid gap-3" aria-labelledby={`apps-${child.id}`}>
      <h3 id={`apps-${child.id}`} class="text-lg">
        {t(`Ứng dụng biết gì về ${given}`, `What apps know about ${given}`)}
      </h3>
      <AppsThatKnow apps={child.apps} whose={child.fullName} />
      <p class="text-sm text-quiet">
        {t(
          'Việc dạy và học ở trường không cần xin đồng ý nên không có nút rút lại.',
          'Teaching at school needs no agreement, so there is nothing to withdraw.',
        )}
      </p>
    </section>
  );
}

/** Sign-ins, new codes, agreements: what a guardian asks about when something seems odd. */
function Activity({ child }: { readonly child: Child }) {
  const given = givenNameOf(child);
  if (child.activity.length === 0) return null;
  return (
    <section class="grid gap-3" aria-labelledby={`activity-${child.id}`}>
      <h3 id={`activity-${child.id}`} class="text-lg">
        {t(`Mới đây ở tài khoản của ${given}`, `Lately in ${given}’s account`)}
      </h3>
      <Ruled onMargin isTight isOrdered>
        {child.activity.slice(0, 8).map(({ at, sentence }) => (
          <Happened key={`${at}${sentence}`} at={at} sentence={sentence} />
        ))}
      </Ruled>
    </section>
  );
}

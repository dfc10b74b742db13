import type { ChildrenProps } from '@edutrust/idp/pages';
import { formatDate, formatEducationId, t } from '../design/language.ts';
import { DataList } from './consent.tsx';

/** A guardian's page: each child, what was issued, who knows what. */
export function Children({ children, accountPath, homePath }: ChildrenProps) {
  return (
    <div class="grid gap-9">
      <div class="flex flex-wrap gap-4 justify-between items-start">
        <div>
          <h1>{t('Con của tôi', 'My children')}</h1>
          <p class="text-quiet">
            {t(
              'Chỉ có con em mà nhà trường ghi là của bạn.',
              'Only the children whom the school has recorded as yours.',
            )}
          </p>
        </div>
        <div class="flex flex-wrap gap-3">
          <a class="button" href={homePath}>
            {t('Ứng dụng', 'Apps')}
          </a>
          <a class="button" href={accountPath}>
            {t('Tài khoản của tôi', 'My account')}
          </a>
        </div>
      </div>
      {children.length === 0 && (
        <p class="card">
          {t(
            'Nhà trường chưa ghi con em nào của bạn. Hãy hỏi giáo viên chủ nhiệm hoặc văn phòng trường.',
            'The school has recorded no child of yours yet. Ask the class teacher or the school’s office.',
          )}
        </p>
      )}
      {children.map((child) => (
        <Child key={child.id} child={child} />
      ))}
    </div>
  );
}

function Child({ child }: { readonly child: ChildrenProps['children'][number] }) {
  const given = child.fullName.split(' ').at(-1) ?? child.fullName;
  return (
    <article class="card grid gap-6" aria-labelledby={`child-${child.id}`}>
      <div>
        <h2 id={`child-${child.id}`}>{child.fullName}</h2>
        <p class="text-quiet">
          {[child.className && `${t('lớp', 'class')} ${child.className}`, child.school].filter(Boolean).join(' · ') ||
            t('hiện không học ở trường nào', 'at no school now')}{' '}
          · <span class="number">{formatEducationId(child.educationId)}</span>
        </p>
      </div>
      <section class="grid gap-3" aria-labelledby={`documents-${child.id}`}>
        <h3 id={`documents-${child.id}`}>{t(`Giấy tờ của ${given}`, `${given}’s documents`)}</h3>
        {child.documents.length === 0 && (
          <p class="text-quiet">
            {t(
              'Chưa có. Học bạ hiện ở đây khi đã ký và đóng dấu đủ.',
              'None yet. A transcript shows here once it has all its signatures.',
            )}
          </p>
        )}
        <ul class="grid gap-3">
          {child.documents.map(({ title, issuedAt, filePath, verifyPath }) => (
            <li key={filePath} class="flex flex-wrap gap-3 items-center justify-between">
              <span>
                <span class="block font-semibold">{title}</span>
                <span class="block text-sm text-quiet">
                  {t('Phát hành', 'Issued')} {formatDate(issuedAt)}
                </span>
              </span>
              <span class="flex flex-wrap gap-3">
                <a class="button" href={filePath} aria-label={`${t('Tải', 'Download')}: ${title}`}>
                  {t('Tải', 'Download')}
                </a>
                <a class="button" href={verifyPath} aria-label={`${t('Kiểm tra', 'Check')}: ${title}`}>
                  {t('Kiểm tra', 'Check')}
                </a>
              </span>
            </li>
          ))}
        </ul>
      </section>
      <section class="grid gap-3" aria-labelledby={`apps-${child.id}`}>
        <h3 id={`apps-${child.id}`}>{t(`Ứng dụng biết gì về ${given}`, `What apps know about ${given}`)}</h3>
        {child.apps.length === 0 && <p class="text-quiet">{t('Chưa có ứng dụng nào.', 'No app yet.')}</p>}
        <ul class="grid gap-4">
          {child.apps.map(({ name, since, data, withdrawAction }) => (
            <li key={name} class="grid gap-2 border-t border-line pt-3">
              <div class="flex flex-wrap justify-between gap-3 items-center">
                <span>
                  <span class="font-semibold">{name}</span>{' '}
                  <span class="text-sm text-quiet">
                    {withdrawAction
                      ? t('đã đồng ý từ', 'agreed to since')
                      : t('trường duyệt, dùng từ', 'approved by the school, used since')}{' '}
                    {formatDate(since)}
                  </span>
                </span>
                {withdrawAction && (
                  <form method="post" action={withdrawAction}>
                    <button
                      type="submit"
                      class="button"
                      aria-label={`${t('Rút lại', 'Withdraw')}: ${name}, ${child.fullName}`}
                    >
                      {t('Rút lại', 'Withdraw')}
                    </button>
                  </form>
                )}
              </div>
              <DataList data={data} />
            </li>
          ))}
        </ul>
      </section>
    </article>
  );
}

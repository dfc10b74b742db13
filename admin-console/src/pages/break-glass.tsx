import type { BreakGlassProps } from '@edutrust/idp/pages';
import { formatTime, t } from '../design/language.ts';
import { Row, Ruled } from '../design/ruled.tsx';
import { Stack } from './document.tsx';

/** `/break-glass`: what an operator's link opens, before it does; nobody is signed in here yet. */
export function BreakGlass(props: BreakGlassProps) {
  if (props.step === 'gone')
    return (
      <Stack>
        <h1>{t('Đường dẫn không còn dùng được', 'The link works no longer')}</h1>
        <p>
          {t(
            'Nó đã dùng rồi, đã quá 15 phút, hoặc không đủ. Người vận hành làm đường dẫn mới ở máy chủ:',
            'It was used, is older than 15 minutes, or is not complete. The operator makes a new one at the server:',
          )}
        </p>
        <p class="code">edutrust break-glass link</p>
      </Stack>
    );
  const { name, role, endsAt, action, token } = props;
  return (
    <Stack>
      <h1>{t('Truy cập khẩn cấp', 'Break-glass access')}</h1>
      <p class="text-lg">
        {name}, {role}, {t('tới', 'until')} <time dateTime={endsAt}>{formatTime(endsAt)}</time>
      </p>
      <Ruled onMargin>
        <Row
          title={t('Mọi cán bộ đã được báo', 'Every officer was told')}
          note={t(
            'Mỗi việc làm ở đây được ghi, và hai người khác rà soát.',
            'Each act is recorded, and reviewed by two others.',
          )}
        />
        <Row
          title={t('Việc cần hai người vẫn cần hai người', 'What takes two people still takes two')}
          note={t('Không ký, không duyệt, không vào ứng dụng khác.', 'No signing, no approving, no other apps.')}
        />
      </Ruled>
      <form method="post" action={action} class="grid">
        <input type="hidden" name="token" value={token} />
        <button type="submit" class="button button-primary button-big">
          {t('Vào bảng quản trị', 'Open the console')}
        </button>
      </form>
      <p class="text-quiet">
        {t(
          'Không phải anh/chị? Đóng trang này và báo người vận hành.',
          'Not you? Close this page and tell the operator.',
        )}
      </p>
    </Stack>
  );
}

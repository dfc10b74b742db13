import type { NotMeProps } from '@edutrust/idp/pages';
import { formatWhen, t } from '../design/language.ts';
import { Row, Ruled } from '../design/ruled.tsx';
import { Stack } from './document.tsx';

/** `/not-me`: takes back a change of how one signs in; nobody is signed in here, and nobody will be. */
export function NotMe(props: NotMeProps) {
  switch (props.step) {
    case 'ask':
      return <Ask {...props} />;
    case 'done':
      return <Done />;
    case 'gone':
      return (
        <Stack>
          <h1>{t('Không lấy lại được nữa', 'Too late to take back')}</h1>
          <p>
            {t(
              'Đường dẫn này đã dùng rồi, đã quá 24 giờ, hoặc không đủ. Vẫn thấy lạ? Hãy báo nhà trường ngay.',
              'This link was used, is older than 24 hours, or is not complete. If something is still wrong, tell your school at once.',
            )}
          </p>
        </Stack>
      );
  }
}

function Ask({ title, at, action, notice, proof }: Extract<NotMeProps, { step: 'ask' }>) {
  return (
    <Stack>
      <h1>{t('Không phải mình làm?', 'Was this not you?')}</h1>
      <p class="text-lg">
        <time dateTime={at}>{formatWhen(at)}</time>: {title}
      </p>
      <p>{t('Lấy lại thì ngay lúc đó:', 'If you take it back, at once:')}</p>
      <Ruled onMargin>
        <Row
          title={t('Cách đăng nhập trở lại như trước', 'Your sign-in is as it was before')}
          note={t('Những gì đổi sau lúc đó cũng được lấy lại.', 'What changed after it is taken back too.')}
        />
        <Row
          title={t('Mọi máy và ứng dụng bị đăng xuất', 'Every device and app is signed out')}
          note={t('Mật khẩu hiện nay thôi dùng.', 'The present password no longer works.')}
        />
        <Row
          title={t('Tài khoản tạm khoá', 'The account is suspended')}
          note={t('Nhà trường mở lại khi gặp anh/chị.', 'Your school resumes it when it has seen you.')}
        />
      </Ruled>
      <form method="post" action={action} class="grid">
        <input type="hidden" name="notice" value={notice} />
        <input type="hidden" name="key" value={proof} />
        <button type="submit" class="button button-primary button-big">
          {t('Không phải tôi, lấy lại', 'Not me, take it back')}
        </button>
      </form>
      <p class="text-quiet">
        {t('Chính mình đã làm? Đóng trang này: không có gì thay đổi.', 'It was you? Close this page: nothing changes.')}
      </p>
    </Stack>
  );
}

function Done() {
  return (
    <Stack>
      <h1>{t('Đã lấy lại', 'It was taken back')}</h1>
      <p class="text-lg">
        {t(
          'Mọi nơi đã bị đăng xuất, tài khoản tạm khoá, và nhà trường đã được báo.',
          'You are signed out everywhere, the account is suspended, and your school was told.',
        )}
      </p>
      <p>
        {t(
          'Bây giờ: gặp văn phòng trường hoặc quản trị viên của đơn vị để mở lại tài khoản và nhận mã kích hoạt mới.',
          'Now see your school’s office or your administrator, to have the account resumed and get a new activation code.',
        )}
      </p>
      <p class="text-quiet">
        {t(
          'Nghĩ rằng người khác đọc được hộp thư này? Đổi mật khẩu của hộp thư trước.',
          'If you think that somebody else reads this mailbox, change its password first.',
        )}
      </p>
    </Stack>
  );
}

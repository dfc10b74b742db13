import type { Text } from '@edutrust/platform/messages';

/** What a notice says about its case: words to show and identifiers, as its kind below names them. */
export type NoticeData = Readonly<Record<string, string>>;

export interface NoticeSentences {
  /** What happened, as one sentence. */
  readonly title: Text;
  /** What the person can do about it. */
  readonly remedy: Text;
}

/** For what somebody else did. */
export const ask: Text = {
  vi: 'Không biết vì sao? Hãy hỏi nhà trường hoặc quản trị viên của đơn vị.',
  en: 'If you do not know why, ask the administrator of your organisation.',
};

/** For what the person did, or somebody in their name. */
export const notYou: Text = {
  vi: 'Nếu không phải chính mình làm, hãy vào trang tài khoản, bấm «Đăng xuất ở mọi nơi», đổi mật khẩu và báo cho nhà trường.',
  en: 'If this was not you, open your account, choose “Sign out everywhere”, change your password and tell your school.',
};

import type { Text } from '@edutrust/platform/messages';

/** Why a session confirms before it enters an app: the name of the provider's check, and of what it found. */
export const riskReason = 'risk';

/** Why a sign-in, or a session that goes on, is asked for more. The same words stand on the page and in the person's log. */
export const signals = {
  'new-device': {
    vi: 'trình duyệt này chưa từng vào bằng tài khoản này',
    en: 'this browser never signed in to this account',
  },
  'new-network': { vi: 'mạng này chưa từng thấy ở tài khoản này', en: 'this network was never seen with this account' },
  'too-fast': {
    vi: 'từ nơi vào lần trước không ai đến đây kịp trong chừng ấy thời gian',
    en: 'nobody gets here in that time from where the account was used before',
  },
  'other-browser': {
    vi: 'phiên này bắt đầu ở một trình duyệt khác',
    en: 'this session began in another browser',
  },
} as const satisfies Record<string, Text>;

export type Signal = keyof typeof signals;

export const isSignal = (text: string): text is Signal => Object.hasOwn(signals, text);

/** The reasons as one clause; empty for none, and for those that a newer version wrote. */
export function why(found: readonly string[], locale: keyof Text): string {
  const known = found.filter(isSignal).map((signal) => signals[signal][locale]);
  return known.join('; ');
}

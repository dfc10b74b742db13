import type { Entry } from '../../design/entry.tsx';
import { Choice, Field } from '../../design/form.tsx';
import { t } from '../../design/language.ts';
import type { AppView } from './views.ts';

const deliveries = ['none', 'poll', 'ping'] as const;

/** What the fields of {@link Ways} hold of an app. */
export const wayFields = ({ ciba, exchangesTokens }: AppView) => ({
  exchange: exchangesTokens ? 'yes' : 'no',
  ciba: ciba?.delivery ?? 'none',
  cibaUri: ciba?.notificationUri ?? '',
});

type Fields = ReturnType<typeof wayFields>;

/** What was chosen; the server says what is wrong with it. */
export const readWays = (fields: Fields): Pick<AppView, 'ciba' | 'exchangesTokens'> => ({
  ciba: readCiba(fields),
  exchangesTokens: fields.exchange === 'yes',
});

function readCiba({ ciba, cibaUri }: Fields): AppView['ciba'] {
  const delivery = deliveries.find((one) => one === ciba) ?? 'none';
  return delivery === 'none' ? null : { delivery, notificationUri: delivery === 'ping' ? cibaUri || null : null };
}

/** How it asks people on their phones. */
export function cibaName({ delivery, notificationUri }: NonNullable<AppView['ciba']>): string {
  return delivery === 'ping'
    ? t(`có, được gọi ở ${notificationUri}`, `yes, called at ${notificationUri}`)
    : t('có, tự hỏi lại', 'yes, it asks again by itself');
}

/** Sign-in on the person’s phone (CIBA), and going on to other APIs as its caller (RFC 8693). */
export function Ways({ entry }: { readonly entry: Pick<Entry<Fields>, 'field' | 'choice' | 'values'> }) {
  const names = {
    none: t('Không', 'No'),
    poll: t('Có, ứng dụng tự hỏi lại (poll)', 'Yes, the app asks again by itself (poll)'),
    ping: t('Có, báo cho ứng dụng (ping)', 'Yes, the app is called (ping)'),
  };
  return (
    <>
      <Choice
        label={t('Đăng nhập trên điện thoại của người dùng (CIBA)', 'Sign-in on the person’s phone (CIBA)')}
        {...entry.choice('ciba')}
        options={deliveries.map((value) => ({ value, label: names[value] }))}
        hint={t(
          'Cho quầy, tổng đài: người ấy bấm đồng ý trên điện thoại.',
          'For desks and hotlines: the person allows it on their phone.',
        )}
      />
      {entry.values.ciba === 'ping' && (
        <Field
          label={t('Địa chỉ nhận tin đã có trả lời', 'Address that is called when there is an answer')}
          type="url"
          required
          {...entry.field('cibaUri')}
        />
      )}
      <Choice
        label={t(
          'Gọi tiếp API khác thay người đang dùng (token exchange)',
          'Goes on to other APIs as its caller (token exchange)',
        )}
        {...entry.choice('exchange')}
        options={[
          { value: 'no', label: t('Không', 'No') },
          { value: 'yes', label: t('Có', 'Yes') },
        ]}
        hint={t(
          'Cần khi phụ huynh làm thay cho con ở API ấy.',
          'Needed where guardians act for their children at that API.',
        )}
      />
    </>
  );
}

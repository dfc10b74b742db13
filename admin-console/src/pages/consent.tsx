import type { ConsentProps, Datum } from '@edutrust/idp/pages';
import { Fragment } from 'preact';
import { Face } from '../design/face.tsx';
import { t } from '../design/language.ts';
import { Stack } from './document.tsx';
import { NotMe } from './sign-in.tsx';

export function DataList({ data }: { readonly data: readonly Datum[] }) {
  return (
    <dl class="facts">
      {data.map(({ claim, label, value }) => (
        <Fragment key={claim}>
          <dt>{label}</dt>
          <dd class="font-semibold">{value}</dd>
        </Fragment>
      ))}
    </dl>
  );
}

/** The child has done what is theirs. */
function Waiting({ action, app, who, waiting, name, someoneElseAction }: ConsentProps) {
  return (
    <Stack>
      <Face name={app.name} of="app" isLarge />
      <h1>{t('Chờ cha mẹ đồng ý', 'Waiting for your parents')}</h1>
      <p class="text-lg">
        {who === 'both' && t(`Em đã đồng ý cho ${app.name}. `, `You have agreed to ${app.name}. `)}
        {waiting?.hasGuardian
          ? t(
              'Nhờ cha mẹ mở EduTrust, vào «Con của tôi» và bấm «Đồng ý». Rồi em vào lại ứng dụng.',
              'Ask your parents to open EduTrust, go to “My children” and press “Agree”. Then open the app again.',
            )
          : t(
              'Trường chưa ghi cha mẹ hay người giám hộ của em. Em nói với cô hoặc thầy chủ nhiệm.',
              'Your school has recorded no parent or guardian of yours. Tell your class teacher.',
            )}
      </p>
      <p>{t(`${app.name} chưa biết gì về em.`, `${app.name} knows nothing of you yet.`)}</p>
      <form method="post" action={action} class="grid">
        <button type="submit" name="decision" value="refuse" class="button button-primary button-big">
          {t('Quay lại ứng dụng', 'Back to the app')}
        </button>
      </form>
      <NotMe
        action={someoneElseAction}
        label={t(`Không phải ${name}? Đăng nhập người khác`, `Not ${name}? Sign in as somebody else`)}
      />
    </Stack>
  );
}

const agreeWords = (who: ConsentProps['who']): string => {
  if (who === 'self') return t('Đồng ý và vào ứng dụng', 'Agree and continue');
  return who === 'both'
    ? t('Đồng ý và xin phép cha mẹ', 'Agree and ask my parents')
    : t('Xin phép cha mẹ', 'Ask my parents');
};

export function Consent(props: ConsentProps) {
  if (props.waiting) return <Waiting {...props} />;
  const { action, app, data, actsFor, keepsAccess, who, name, someoneElseAction } = props;
  return (
    <Stack>
      <Face name={app.name} of="app" isLarge />
      <h1>{t(`Cho ${app.name} biết những điều này?`, `Let ${app.name} know this?`)}</h1>
      <p>
        {app.purpose} {app.owner && <span class="text-quiet">({app.owner})</span>}
      </p>
      <section class="card grid gap-3" aria-label={t('Dữ liệu sẽ chia sẻ', 'What is shared')}>
        <DataList data={data} />
      </section>
      {actsFor.length > 0 && (
        <section class="card grid gap-2" aria-labelledby="acts-for">
          <h2 id="acts-for">{t('Làm thay cho con', 'Acting for your children')}</h2>
          <p>
            {t(
              'Ở ứng dụng này, anh chị làm được những việc của:',
              'In this app you can do what these children can do:',
            )}
          </p>
          <ul class="grid gap-1">
            {actsFor.map((child) => (
              <li key={child} class="font-semibold">
                {child}
              </li>
            ))}
          </ul>
          <p class="text-sm text-quiet">
            {t(
              'Việc làm thay nào cũng ghi rõ là do anh chị làm, và hết hiệu lực khi anh chị không còn là người giám hộ.',
              'Whatever is done is marked as done by you, and it ends when you are no longer their guardian.',
            )}
          </p>
        </section>
      )}
      {keepsAccess && (
        <p class="text-sm">
          {t('Ứng dụng còn xem được cả khi không ai dùng máy.', 'The app keeps this access while you are away.')}
        </p>
      )}
      <form method="post" action={action} class="grid gap-3">
        <button type="submit" name="decision" value="allow" class="button button-primary button-big">
          {agreeWords(who)}
        </button>
        <button type="submit" name="decision" value="refuse" class="button">
          {t('Không đồng ý', 'Do not agree')}
        </button>
      </form>
      <p class="text-sm text-quiet">
        {t(
          `Đang đăng nhập: ${name}. Có thể rút lại bất cứ lúc nào ở trang tài khoản.`,
          `Signed in as ${name}. You can withdraw this on your account page at any time.`,
        )}
      </p>
      <NotMe
        action={someoneElseAction}
        label={t(`Không phải ${name}? Đăng nhập người khác`, `Not ${name}? Sign in as somebody else`)}
      />
    </Stack>
  );
}

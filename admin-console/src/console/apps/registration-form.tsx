import { useState } from 'preact/hooks';
import { api, must } from '../../design/api.ts';
import { Tick, Ticks } from '../../design/choices.tsx';
import { useCopy } from '../../design/copy.ts';
import { EntryForm, useEntry } from '../../design/entry.tsx';
import { Banner, Choice, Field } from '../../design/form.tsx';
import { useKept } from '../../design/keep.ts';
import { formatTime, t } from '../../design/language.ts';
import { useMe } from '../me.ts';
import { departmentOf, OrganisationChoice } from '../organisations.tsx';
import { Title } from '../parts.tsx';
import { scopeName, scopes } from './words.ts';

const page = '/admin/apps/registration-tokens';
const usual: readonly string[] = ['openid', 'profile', 'school'];

/** `/admin/apps/registration-tokens/new`: how much whoever holds it may register; it is shown once. */
export function NewRegistrationToken() {
  const me = useMe();
  const own = me.roles.find(({ role }) => role === 'department-administrator' || role === 'app-owner')?.organisation;
  const top = departmentOf(me);
  const isOfDepartment = own !== undefined && own.id === top?.id;
  const [asked, setAsked] = useKept('scopes of new token', usual);
  const [isStandard, setStandard] = useKept('new token goes by the standard', false);
  const [made, setMade] = useState<{ readonly token: string; readonly expiresAt: string }>();
  const entry = useEntry('new registration token', {
    stage: 'sandbox',
    organisationId: '',
    uses: '1',
    days: '7',
  });
  const back = { href: page, label: t('Mã tự đăng ký', 'Registration tokens') };
  if (made) {
    return (
      <>
        <Title title={t('Đã tạo mã tự đăng ký', 'The registration token was made')} back={back} />
        <Once {...made} />
        <p>
          <a class="button button-primary" href={page}>
            {t('Xong', 'Done')}
          </a>
        </p>
      </>
    );
  }
  return (
    <>
      <Title title={t('Tạo một mã tự đăng ký', 'Make a registration token')} back={back} />
      <EntryForm
        entry={entry}
        submit={t('Tạo mã', 'Make the token')}
        cancel={page}
        onSubmit={async ({ stage, organisationId, uses, days }) => {
          const body = {
            scopes: scopes.filter((scope) => asked.includes(scope)),
            isSandbox: stage === 'sandbox',
            hasStandardDefaults: isStandard,
            uses: Number(uses),
            days: Number(days),
          };
          const id = organisationId || (own?.id ?? '');
          const params = { path: { id } };
          setMade(await must(api.POST('/api/v1/organisations/{id}/registration-tokens', { params, body })));
        }}
      >
        {isOfDepartment && (
          <OrganisationChoice
            label={t('Ứng dụng của', 'The apps belong to')}
            name="organisationId"
            kind="school"
            value={entry.values.organisationId}
            none={own.name}
            onChoose={(id) => entry.set('organisationId', id)}
          />
        )}
        <Choice
          label={t('Để làm gì', 'What for')}
          {...entry.choice('stage')}
          options={[
            { value: 'sandbox', label: t('Thử với người giả', 'The sandbox, with invented people') },
            { value: 'real', label: t('Với người thật, chờ duyệt', 'Real people, after approval') },
          ]}
        />
        <Ticks
          legend={t('Ứng dụng được xin nhiều nhất', 'The apps may ask at most for')}
          of={scopes}
          ticked={asked}
          onTick={setAsked}
          isFixed={(scope) => scope === 'openid'}
          nameOf={scopeName}
        />
        <Field
          label={t('Mấy ứng dụng', 'How many apps')}
          type="number"
          min={1}
          max={50}
          required
          {...entry.field('uses')}
        />
        <Field
          label={t('Trong mấy ngày', 'For how many days')}
          type="number"
          min={1}
          max={30}
          required
          {...entry.field('days')}
        />
        <Tick
          checked={isStandard}
          onChange={setStandard}
          note={t(
            'ID token RS256, và nonce thay được PKCE. Chỉ khi phần mềm không làm khác được.',
            'ID tokens by RS256, and a nonce in place of PKCE. Only for software that cannot do otherwise.',
          )}
        >
          {t('Theo mặc định của OpenID Connect', 'By the defaults of OpenID Connect')}
        </Tick>
      </EntryForm>
    </>
  );
}

/** What the software’s installer needs, ready to be pasted. */
function Once({ token, expiresAt }: { readonly token: string; readonly expiresAt: string }) {
  const settings = [`REGISTRATION_ENDPOINT=${location.origin}/oidc/register`, `INITIAL_ACCESS_TOKEN=${token}`].join(
    '\n',
  );
  const { isCopied, copy } = useCopy();
  return (
    <Banner state="good" live>
      <p class="font-semibold">
        {t('Mã chỉ hiện lần này; hãy chép ngay.', 'The token is shown this once; copy it now.')}
      </p>
      <pre class="my-2 whitespace-pre-wrap break-all">{settings}</pre>
      <p class="my-2">
        {t(
          `Gửi cho người cài phần mềm qua một kênh riêng. Dùng được tới ${formatTime(expiresAt)}.`,
          `Send it by a private channel to the person who installs the software. It works until ${formatTime(expiresAt)}.`,
        )}
      </p>
      <button type="button" class="button" onClick={() => copy(settings)}>
        {isCopied ? t('Đã chép', 'Copied') : t('Chép cấu hình', 'Copy the settings')}
      </button>
    </Banner>
  );
}

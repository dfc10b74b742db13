import { api, must } from '../../design/api.ts';
import { ActButton } from '../../design/dialog.tsx';
import { Icon } from '../../design/icon.tsx';
import { formatDate, formatTime, t } from '../../design/language.ts';
import { useLoad } from '../../design/load.ts';
import { State } from '../../design/mark.tsx';
import { Row, Ruled } from '../../design/ruled.tsx';
import { Empty, Show } from '../../design/show.tsx';
import { mayDo } from '../may.ts';
import { useMay } from '../me.ts';
import { Ago, Title } from '../parts.tsx';
import type { RegistrationToken } from './views.ts';
import { scopeName } from './words.ts';

/** `/admin/apps/registration-tokens`: with which tokens software registers apps, who made them and what they made. */
export function RegistrationTokens() {
  const [tokens, reload] = useLoad('registration tokens', () => must(api.GET('/api/v1/registration-tokens')));
  const mayMake = useMay('apps.write');
  return (
    <>
      <Title
        title={t('Mã tự đăng ký', 'Registration tokens')}
        back={{ href: '/admin/apps', label: t('Ứng dụng', 'Apps') }}
        note={t(
          'Phần mềm cầm mã thì tự đăng ký được ứng dụng. Ứng dụng ấy chờ duyệt như mọi ứng dụng khác.',
          'Software that holds one registers apps by itself. They wait for approval as every app does.',
        )}
      >
        {mayMake && (
          <a class="button button-primary" href="/admin/apps/registration-tokens/new">
            <Icon name="plus" />
            {t('Tạo một mã', 'Make a token')}
          </a>
        )}
      </Title>
      <Show loaded={tokens}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty icon="layout-grid">
              {t(
                'Chưa có mã nào. Tạo một mã khi nhà cung cấp muốn phần mềm của họ tự đăng ký.',
                'There is none yet. Make one when a vendor’s software is to register itself.',
              )}
            </Empty>
          ) : (
            <Ruled onMargin label={t('Mã tự đăng ký', 'Registration tokens')}>
              {items.map((token) => (
                <TokenRow key={token.id} token={token} onEnd={reload} />
              ))}
            </Ruled>
          )
        }
      </Show>
    </>
  );
}

function TokenRow({ token, onEnd }: { readonly token: RegistrationToken; readonly onEnd: () => void }) {
  const { id, state, organisationId, organisation, isSandbox, scopes, usesLeft, expiresAt, apps } = token;
  const isUsable = state === 'usable';
  return (
    <Row
      mark={isUsable ? 'good' : 'dot'}
      title={organisation}
      note={
        <>
          {isUsable
            ? t(
                `Còn ${usesLeft} lần, tới ${formatTime(expiresAt)}`,
                `${usesLeft} ${usesLeft === 1 ? 'use' : 'uses'} left, until ${formatTime(expiresAt)}`,
              )
            : stateName(state)}{' '}
          · <Made token={token} />
          <span class="block">
            {isSandbox
              ? t('Thử với người giả, xin nhiều nhất', 'The sandbox, asking at most for')
              : t('Với người thật, xin nhiều nhất', 'Real people, asking at most for')}
            : {scopesOf(scopes)}
          </span>
        </>
      }
      act={
        isUsable &&
        mayDo(token)('apps.write') && (
          <ActButton
            bad
            small
            label={t('Huỷ mã', 'Revoke')}
            question={t('Huỷ mã này?', 'Revoke this token?')}
            confirm={t('Huỷ mã', 'Revoke it')}
            onConfirm={async () => {
              const path = { id: organisationId, tokenId: id };
              await must(api.DELETE('/api/v1/organisations/{id}/registration-tokens/{tokenId}', { params: { path } }));
              onEnd();
            }}
          >
            <p>
              {t(
                'Không ai đăng ký thêm được bằng mã này. Ứng dụng đã đăng ký thì vẫn còn.',
                'Nobody registers with it any longer. The apps that were registered stay.',
              )}
            </p>
          </ActButton>
        )
      }
    >
      <Registered apps={apps} />
    </Row>
  );
}

function Made({ token: { madeBy, madeAt } }: { readonly token: RegistrationToken }) {
  return (
    <>
      {madeBy ? t(`${madeBy.fullName} tạo`, `made by ${madeBy.fullName}`) : t('tạo ở máy chủ', 'made at the server')}{' '}
      {madeAt && <Ago at={madeAt} />}
    </>
  );
}

/** That somebody came back is what every app may know. */
const scopesOf = (scopes: readonly string[]) =>
  scopes
    .filter((scope) => scope !== 'openid' || scopes.length === 1)
    .map(scopeName)
    .join('; ');

/** What became of it: an app that has ended has no page any more. */
function Registered({ apps }: Pick<RegistrationToken, 'apps'>) {
  if (apps.length === 0) return <p class="text-quiet">{t('Chưa ai đăng ký.', 'Nothing was registered yet.')}</p>;
  return (
    <ul class="grid gap-1">
      {apps.map(({ clientId, name, registeredAt, isEnded }) => (
        <li key={clientId} class="flex flex-wrap items-center gap-x-3">
          {isEnded ? name : <a href={`/admin/apps/${clientId}`}>{name}</a>}
          <span class="text-quiet">
            {t(`đăng ký ${formatDate(registeredAt)}`, `registered ${formatDate(registeredAt)}`)}
          </span>
          {isEnded && <State state="plain">{t('Đã gỡ', 'Removed')}</State>}
        </li>
      ))}
    </ul>
  );
}

function stateName(state: Exclude<RegistrationToken['state'], 'usable'>): string {
  const names = {
    'used-up': t('Đã dùng hết', 'Used up'),
    expired: t('Đã hết hạn', 'Expired'),
    ended: t('Đã huỷ', 'Revoked'),
  };
  return names[state];
}

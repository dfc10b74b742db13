import { api, must } from '../../design/api.ts';
import { formatAgo, formatClock, t } from '../../design/language.ts';
import { State } from '../../design/mark.tsx';
import type { paths } from '../../generated/api.d.ts';
import { useOfList } from '../of-list.ts';

type SignIn =
  paths['/api/v1/accounts/states']['post']['responses']['200']['content']['application/json']['items'][number];

/** How people of a list stand with signing in. */
export const useSignInStates = (ids: readonly string[]): ReadonlyMap<string, SignIn> | undefined =>
  useOfList(
    'states',
    'accounts.read',
    ids,
    (personIds) => must(api.POST('/api/v1/accounts/states', { body: { personIds } })),
    ({ personId }) => personId,
  );

/** In a word, what stops somebody first. */
export function SignInState({ of }: { readonly of: SignIn | undefined }) {
  if (!of) return null;
  if (of.status === 'suspended') return <State state="bad">{t('Tạm khoá', 'Suspended')}</State>;
  if (of.status !== 'active') return <State state="plain">{t('Chưa kích hoạt', 'Not activated')}</State>;
  if (of.waitsUntil) {
    return (
      <State state="warn">
        {t(`Sai nhiều, đợi tới ${formatClock(of.waitsUntil)}`, `Waits until ${formatClock(of.waitsUntil)}`)}
      </State>
    );
  }
  if (!of.lastSignInAt) return <State state="plain">{t('Chưa vào lần nào', 'Never signed in')}</State>;
  return <State state="good">{t(`Vào ${formatAgo(of.lastSignInAt)}`, `In ${formatAgo(of.lastSignInAt)}`)}</State>;
}

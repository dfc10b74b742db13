import { api, must } from '../../design/api.ts';
import { formatAgo, formatClock, t } from '../../design/language.ts';
import { useLoad } from '../../design/load.ts';
import { State } from '../../design/mark.tsx';
import type { paths } from '../../generated/api.d.ts';
import { useMay } from '../me.ts';

type SignIn =
  paths['/api/v1/accounts/states']['post']['responses']['200']['content']['application/json']['items'][number];

/** As many as the server answers for at once. */
const atOnce = 100;

/** How people of a list stand with signing in; undefined for who may read nobody's account, and until it is known. */
export function useSignInStates(ids: readonly string[]): ReadonlyMap<string, SignIn> | undefined {
  const mayRead = useMay('accounts.read');
  const [loaded] = useLoad(`states ${mayRead} ${ids.join()}`, async () => {
    const parts = Array.from({ length: mayRead ? Math.ceil(ids.length / atOnce) : 0 }, (_, part) =>
      ids.slice(part * atOnce, (part + 1) * atOnce),
    );
    const answers = await Promise.all(
      parts.map((personIds) => must(api.POST('/api/v1/accounts/states', { body: { personIds } }))),
    );
    return new Map(answers.flatMap(({ items }) => items).map((one) => [one.personId, one]));
  });
  return mayRead && loaded.state === 'ready' ? loaded.data : undefined;
}

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

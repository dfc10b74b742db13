import { api, must } from '../../design/api.ts';
import { Segments } from '../../design/choices.tsx';
import { Banner } from '../../design/form.tsx';
import { formatTime, locale, t } from '../../design/language.ts';
import { useLoad } from '../../design/load.ts';
import { State } from '../../design/mark.tsx';
import { Row, Ruled } from '../../design/ruled.tsx';
import { Empty, Show } from '../../design/show.tsx';
import type { paths } from '../../generated/api.d.ts';
import { useFilter } from '../filter.ts';
import { usePages } from '../pages.ts';
import { More, Title } from '../parts.tsx';
import { BreakGlass } from './break-glass.tsx';
import { SecurityFigures } from './figures.tsx';

type Try =
  paths['/api/v1/security/sign-ins']['get']['responses']['200']['content']['application/json']['items'][number];

/** `/admin/security`: what security level 3 turns on, and who tried to sign in from where. */
export function Security() {
  const [level] = useLoad('security level', () => must(api.GET('/api/v1/security/level')));
  return (
    <Show loaded={level}>
      {({ level: number, measures }) => (
        <>
          <Title
            title={t('An ninh hệ thống', 'Security')}
            note={t(
              'Cấp độ 3 là một công tắc cho cả hệ thống; chỉ người vận hành máy chủ bật, tắt được.',
              'Level 3 is one switch for the whole system; only who runs the server turns it.',
            )}
          />
          <BreakGlass />
          <SecurityFigures />
          <section class="grid gap-5">
            <h2>{t('Biện pháp của cấp độ 3', 'Measures of level 3')}</h2>
            {number === 3 ? (
              <Banner state="good">{t('Đang bật.', 'It is on.')}</Banner>
            ) : (
              <Banner state="warn">
                {t('Đang tắt: người vận hành bật khi hệ thống vào cấp độ 3.', 'It is off: the operator turns it on.')}
              </Banner>
            )}
            <Ruled onMargin label={t('Các biện pháp', 'Measures')}>
              {measures.map(({ code, what, source, isOn }) => (
                <Row key={code} mark={isOn ? 'good' : 'later'} title={what[locale()]} note={source} />
              ))}
            </Ruled>
          </section>
          {number === 3 && <SignIns />}
        </>
      )}
    </Show>
  );
}

function SignIns() {
  const [which, setWhich] = useFilter<'refused'>('which');
  const { loaded, more } = usePages(`sign-ins ${which}`, (cursor) =>
    must(
      api.GET('/api/v1/security/sign-ins', {
        params: { query: { which: which || 'all', limit: 50, ...(cursor ? { cursor } : {}) } },
      }),
    ),
  );
  return (
    <section class="grid gap-4">
      <h2>{t('Đăng nhập từ đâu', 'Sign-ins, from where')}</h2>
      <Segments
        label={t('Lần nào', 'Which')}
        value={which || 'all'}
        options={[
          { value: 'all', label: t('Tất cả', 'All') },
          { value: 'refused', label: t('Không vào được', 'Refused') },
        ]}
        onChoose={(value) => setWhich(value === 'refused' ? value : '')}
      />
      <Show loaded={loaded}>
        {(items) =>
          items.length === 0 ? (
            <Empty icon="log-in">{t('Chưa có lần nào.', 'There is none yet.')}</Empty>
          ) : (
            <Ruled onMargin isTight label={t('Các lần đăng nhập', 'Sign-ins')}>
              {items.map((one) => (
                <TryRow key={one.id} tried={one} />
              ))}
            </Ruled>
          )
        }
      </Show>
      {more && <More onClick={more} />}
    </section>
  );
}

function TryRow({ tried: { at, person, outcome, method, address, port } }: { readonly tried: Try }) {
  const isIn = outcome === 'signed-in';
  return (
    <Row
      mark={isIn ? 'dot' : 'warn'}
      title={
        person ? (
          <a href={`/admin/people/${person.id}`} class="no-underline text-ink hover:underline">
            {person.fullName}
          </a>
        ) : (
          t('Mã không của ai', 'An ID that nobody has')
        )
      }
      note={
        <>
          {formatTime(at)} ·{' '}
          <span class="code">{address ? `${address}:${port ?? '?'}` : t('không rõ địa chỉ', 'address not known')}</span>{' '}
          · {method === 'pwd' ? t('mật khẩu', 'password') : method}
        </>
      }
      act={!isIn && <State state="warn">{refusal(outcome)}</State>}
    />
  );
}

function refusal(outcome: string): string {
  const words: Readonly<Record<string, string>> = {
    'sign-in/wrong': t('sai mật khẩu', 'wrong password'),
    'sign-in/slow-down': t('thử quá nhanh', 'too fast'),
    'sign-in/suspended': t('tài khoản bị khoá', 'suspended'),
    'sign-in/left': t('đã rời trường', 'has left'),
    'second-factor-needed': t('thiếu yếu tố thứ hai', 'no second factor'),
  };
  return words[outcome] ?? t('không vào được', 'refused');
}

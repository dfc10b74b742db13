import { api, must } from '../../design/api.ts';
import { Figure } from '../../design/chart.tsx';
import { formatNumber, locale, t } from '../../design/language.ts';
import { useLoad } from '../../design/load.ts';
import { Lotus } from '../../design/lotus.tsx';
import { Show } from '../../design/show.tsx';
import { givenName, inWords, sentence, youOf } from '../call.ts';
import { OwnClasses } from '../classes/own-list.tsx';
import { type Me, useMe } from '../me.ts';
import { Title } from '../parts.tsx';
import { Alarms } from './alarms.tsx';
import { SignIns } from './sign-ins.tsx';
import { Start } from './start.tsx';
import { type Filled, type Signed, stepsOf } from './steps.ts';
import { Waiting } from './waiting.tsx';
import { waitingFor } from './waiting-for.ts';

/** Where everybody begins: what waits for me, what is wrong and how to mend it, and how the day goes. */
export function Home() {
  const me = useMe();
  const [loaded] = useLoad('home', async () => {
    const [home, waiting] = await Promise.all([must(api.GET('/api/v1/home')), waitingFor(me)]);
    return { home, waiting, steps: home.filled ? stepsOf(me, home, await signedSoFar()) : [] };
  });
  return (
    <Show loaded={loaded}>
      {({ home, waiting, steps }) => {
        const open = steps.filter(({ isDone }) => !isDone).length;
        return (
          <>
            <Title title={headline(me, waiting.length, open)} above={today()} />
            <div class="split">
              <div class="grid gap-10 min-w-0">
                <Waiting tasks={waiting} />
                <OwnClasses classes={home.classes} />
                {open > 0 && <Start steps={steps} />}
                {(home.filled?.learners ?? 0) > 0 && <SignIns />}
                {open === 0 && home.filled && <Figures filled={home.filled} />}
                {waiting.length === 0 && home.classes.length === 0 && !home.filled && <AllDone />}
              </div>
              <Alarms />
            </div>
          </>
        );
      }}
    </Show>
  );
}

/** For who only acts when others ask: the rest of the page would be empty. */
function AllDone() {
  return (
    <div class="grid justify-items-center gap-4 py-10 text-center">
      <Lotus size={180} />
      <p class="text-quiet max-w-[34ch]">
        {t(
          'Có việc cần tới mình thì việc ấy hiện ở đây, và có tin báo.',
          'What needs you shows here, and you are notified.',
        )}
      </p>
    </div>
  );
}

async function signedSoFar(): Promise<Signed> {
  const [requested, issued] = await Promise.all([
    must(api.GET('/api/v1/signing/requests', { params: { query: { limit: 1 } } })),
    must(api.GET('/api/v1/signing/requests', { params: { query: { limit: 1, state: 'issued' } } })),
  ]);
  return { hasRequested: requested.items.length > 0, hasIssued: issued.items.length > 0 };
}

/** The situation in a sentence. */
function headline(me: Me, waiting: number, steps: number): string {
  const you = youOf(me);
  const name = givenName(me.person.fullName);
  const hello = t(`Chào ${you} ${name}.`, `Hello ${name}.`);
  if (waiting > 0) {
    const english = waiting === 1 ? 'One thing waits for you.' : `${sentence(inWords(waiting))} things wait for you.`;
    return `${hello} ${t(`${sentence(inWords(waiting))} việc chờ ${you}.`, english)}`;
  }
  if (steps > 0) {
    return t(
      `${sentence(inWords(steps))} bước nữa là vào học được`,
      `${sentence(inWords(steps))} more ${steps === 1 ? 'step' : 'steps'} until school can begin`,
    );
  }
  return `${hello} ${t(`Không có việc nào chờ ${you}.`, 'Nothing waits for you.')}`;
}

/** What is there, each leading to its list. */
function Figures({ filled }: { readonly filled: Filled }) {
  const unled = filled.schools - filled.schoolsWithAdministrator;
  const figures = [
    [t('trường', 'schools'), filled.schools, '/admin/schools'],
    ...(unled > 0
      ? [[t('trường chưa có quản trị', 'schools without an administrator'), unled, '/admin/schools'] as const]
      : []),
    [t('giáo viên, nhân viên', 'teachers and staff'), filled.staff, '/admin/people?role=teacher'],
    [t('lớp năm học này', 'classes this school year'), filled.classes, '/admin/schools'],
    [t('học sinh', 'pupils'), filled.learners, '/admin/people?role=learner'],
  ] as const;
  return (
    <section aria-labelledby="there-is" class="grid gap-4">
      <h2 id="there-is">{t('Đang có', 'What there is')}</h2>
      <div class="flex flex-wrap gap-x-12 gap-y-5">
        {figures.map(([words, count, href]) => (
          <Figure key={words} value={formatNumber(count)} label={words} href={href} />
        ))}
      </div>
    </section>
  );
}

const longDay = { weekday: 'long', day: 'numeric', month: 'long', timeZone: 'Asia/Ho_Chi_Minh' } as const;
const dayFormats = { vi: new Intl.DateTimeFormat('vi', longDay), en: new Intl.DateTimeFormat('en', longDay) };

const today = (): string => sentence(dayFormats[locale()].format(new Date()));

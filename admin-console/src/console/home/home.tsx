import { api, must } from '../../design/api.ts';
import { formatNumber, locale, t } from '../../design/language.ts';
import { useLoad } from '../../design/load.ts';
import { Show } from '../../design/show.tsx';
import { CertificateAlarms } from '../alarms.tsx';
import { useMay, useMe } from '../me.ts';
import { Title } from '../parts.tsx';
import { Start } from './start.tsx';
import { type Filled, type Signed, stepsOf } from './steps.ts';
import { Waiting } from './waiting.tsx';
import { waitingFor } from './waiting-for.ts';

/** Where everybody begins: what waits for me; and while something is still to be set up, the next step. */
export function Home() {
  const me = useMe();
  const mayReadAlarms = useMay('certificates.read');
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
            <Title title={headline(waiting.length, open)} note={greeting(me.person.fullName)} />
            {mayReadAlarms && <CertificateAlarms />}
            <Waiting tasks={waiting} />
            {open > 0 && <Start steps={steps} />}
            {open === 0 && home.filled && <Figures filled={home.filled} />}
          </>
        );
      }}
    </Show>
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
function headline(waiting: number, steps: number): string {
  if (waiting > 0)
    return t(`${waiting} việc chờ bạn`, waiting === 1 ? 'One thing waits for you' : `${waiting} things wait for you`);
  if (steps > 0) return t(`Còn ${steps} bước để vào học`, `${steps} steps until school can begin`);
  return t('Không có việc nào chờ bạn', 'Nothing waits for you');
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
    <section aria-label={t('Đang có', 'What there is')}>
      <ul class="flex flex-wrap gap-x-10 gap-y-4">
        {figures.map(([words, count, href]) => (
          <li key={words}>
            <a href={href} class="no-underline text-ink block">
              <span class="block text-2xl font-semibold">{formatNumber(count)}</span>
              <span class="text-quiet">{words}</span>
            </a>
          </li>
        ))}
      </ul>
    </section>
  );
}

const longDay = { weekday: 'long', day: 'numeric', month: 'long', timeZone: 'Asia/Ho_Chi_Minh' } as const;
const dayFormats = { vi: new Intl.DateTimeFormat('vi', longDay), en: new Intl.DateTimeFormat('en', longDay) };

function greeting(fullName: string): string {
  const today = dayFormats[locale()].format(new Date());
  return `${today.charAt(0).toUpperCase()}${today.slice(1)} · ${fullName}`;
}

import { api, must } from '../../design/api.ts';
import { t } from '../../design/language.ts';
import { useLoad } from '../../design/load.ts';
import { CertificateAlarms } from '../alarms.tsx';
import { useMay, useMe } from '../me.ts';
import { Show, Title } from '../parts.tsx';
import { Start } from './start.tsx';
import { stepsOf } from './steps.ts';
import { Waiting } from './waiting.tsx';
import { waitingFor } from './waiting-for.ts';

/** Where everybody begins: what waits for me; and while something is still to be set up, the next step. */
export function Home() {
  const me = useMe();
  const mayReadAlarms = useMay('certificates.read');
  const [loaded] = useLoad('home', async () => {
    const [home, waiting] = await Promise.all([must(api.GET('/api/v1/home')), waitingFor(me)]);
    return { home, waiting, steps: stepsOf(me, home) };
  });
  return (
    <Show loaded={loaded}>
      {({ waiting, steps }) => {
        const open = steps.filter(({ isDone }) => !isDone).length;
        return (
          <>
            <Title title={headline(waiting.length, open)} note={greeting(me.person.fullName)} />
            {mayReadAlarms && <CertificateAlarms />}
            <Waiting tasks={waiting} />
            {open > 0 && <Start steps={steps} />}
          </>
        );
      }}
    </Show>
  );
}

/** The situation in a sentence. */
function headline(waiting: number, steps: number): string {
  if (waiting > 0)
    return t(`${waiting} việc chờ bạn`, waiting === 1 ? 'One thing waits for you' : `${waiting} things wait for you`);
  if (steps > 0) return t(`Còn ${steps} bước để vào học`, `${steps} steps until school can begin`);
  return t('Không có việc nào chờ bạn', 'Nothing waits for you');
}

function greeting(fullName: string): string {
  const today = new Intl.DateTimeFormat(t('vi', 'en'), {
    weekday: 'long',
    day: 'numeric',
    month: 'long',
    timeZone: 'Asia/Ho_Chi_Minh',
  }).format(new Date());
  return `${today.charAt(0).toUpperCase()}${today.slice(1)} · ${fullName}`;
}

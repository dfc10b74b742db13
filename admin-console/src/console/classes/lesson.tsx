import { useState } from 'preact/hooks';
import { api, must } from '../../design/api.ts';
import { Segments } from '../../design/choices.tsx';
import { ActButton, Dialog } from '../../design/dialog.tsx';
import { Banner, Choice } from '../../design/form.tsx';
import { Icon } from '../../design/icon.tsx';
import { formatClock, t } from '../../design/language.ts';
import { useLive } from '../../design/live.ts';
import { useAction, useLoad } from '../../design/load.ts';
import type { paths } from '../../generated/api.d.ts';
import type { ClassView } from './views.ts';

type Lesson = paths['/api/v1/classes/{id}/lesson']['get']['responses']['200']['content']['application/json'];
type Kind = 'lab' | 'exam';

const choices = [15, 30, 35, 45, 60, 90, 120, 180];

/** The lesson at the computers: begun before the class, ended by a press; the bell ends it by itself. */
export function LessonPart({ data }: { readonly data: ClassView }) {
  const path = { params: { path: { id: data.id } } };
  const [loaded, reload] = useLoad(`lesson ${data.id}`, () => must(api.GET('/api/v1/classes/{id}/lesson', path)));
  const [isAsking, setAsking] = useState(false);
  useLive(`/api/v1/classes/${data.id}/lesson`, reload);
  if (loaded.state !== 'ready') return null;
  const { lesson } = loaded.data;
  if (lesson) return <On lesson={lesson} data={data} onEnded={reload} />;
  return (
    <div>
      <button type="button" class="button" onClick={() => setAsking(true)}>
        <Icon name="monitor" />
        {t('Bắt đầu giờ ở phòng máy', 'Begin a lesson at the computers')}
      </button>
      {isAsking && (
        <Begin
          data={data}
          apps={loaded.data.apps}
          onClose={() => setAsking(false)}
          onBegun={() => {
            setAsking(false);
            reload();
          }}
        />
      )}
    </div>
  );
}

/** What is on now, until when, and the way to end it. */
function On({
  lesson,
  data,
  onEnded,
}: {
  readonly lesson: NonNullable<Lesson['lesson']>;
  readonly data: ClassView;
  readonly onEnded: () => void;
}) {
  const isExam = lesson.kind === 'exam';
  const until = formatClock(lesson.endsAt);
  return (
    <Banner state="now">
      <div class="flex flex-wrap items-center gap-x-6 gap-y-2">
        <div class="grow basis-64">
          <p class="font-semibold">
            {isExam
              ? t(`Đang thi, chậm nhất đến ${until}`, `Exam, until ${until} at the latest`)
              : t(`Giờ ở phòng máy đến ${until}`, `Lesson at the computers until ${until}`)}
          </p>
          <p>
            {t(`${lesson.present} em đang ở trong.`, `${lesson.present} pupils are in.`)}{' '}
            {isExam &&
              t(
                `Chỉ mở được: ${lesson.apps.map(({ name }) => name).join(', ')}.`,
                `Only these open: ${lesson.apps.map(({ name }) => name).join(', ')}.`,
              )}
          </p>
        </div>
        <ActButton
          label={isExam ? t('Kết thúc giờ thi', 'End the exam') : t('Kết thúc giờ', 'End the lesson')}
          question={
            isExam ? t('Kết thúc giờ thi?', 'End the exam?') : t('Kết thúc giờ ở phòng máy?', 'End the lesson?')
          }
          confirm={t('Kết thúc ngay', 'End it now')}
          primary
          onConfirm={async () => {
            await must(api.DELETE('/api/v1/classes/{id}/lesson', { params: { path: { id: data.id } } }));
            onEnded();
          }}
        >
          {t(
            'Mọi em trong giờ này được đăng xuất khỏi máy và khỏi các ứng dụng ngay. Các em nhớ lưu bài trước.',
            'Every pupil of the lesson is signed out of the computer and the apps at once. Have them save their work first.',
          )}
        </ActButton>
      </div>
    </Banner>
  );
}

function Begin({
  data,
  apps,
  onClose,
  onBegun,
}: {
  readonly data: ClassView;
  readonly apps: Lesson['apps'];
  readonly onClose: () => void;
  readonly onBegun: () => void;
}) {
  const [kind, setKind] = useState<Kind>('lab');
  const [minutes, setMinutes] = useState('45');
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const { isBusy, error, run } = useAction();
  const begin = () =>
    run(async () => {
      await must(
        api.POST('/api/v1/classes/{id}/lesson', {
          params: { path: { id: data.id } },
          body: { kind, minutes: Number(minutes), ...(kind === 'exam' ? { apps: [...chosen] } : {}) },
        }),
      );
      onBegun();
    });
  const isExam = kind === 'exam';
  return (
    <Dialog title={t(`Lớp ${data.code} ở phòng máy`, `Class ${data.code} at the computers`)} onClose={onClose}>
      <div class="grid gap-4">
        {error && <Banner state="bad">{error}</Banner>}
        <Segments
          label={t('Giờ học hay giờ thi', 'Lesson or exam')}
          value={kind}
          onChoose={(value) => {
            setKind(value);
            setMinutes(value === 'exam' ? '90' : '45');
          }}
          options={[
            { value: 'lab', label: t('Giờ học', 'Lesson') },
            { value: 'exam', label: t('Giờ thi', 'Exam') },
          ]}
        />
        <Choice
          label={isExam ? t('Chậm nhất sau', 'At the latest after') : t('Chuông sau', 'The bell rings after')}
          name="minutes"
          value={minutes}
          onChoose={setMinutes}
          options={choices.map((value) => ({ value: String(value), label: t(`${value} phút`, `${value} minutes`) }))}
        />
        {isExam && <ExamApps apps={apps} chosen={chosen} onChoose={setChosen} />}
        <p class="text-quiet">
          {isExam
            ? t(
                'Mọi nơi em đang đăng nhập sẽ thoát ngay. Đến khi thầy cô kết thúc, em chỉ vào được ở máy của trường và chỉ mở được ứng dụng đã chọn.',
                'Wherever a pupil is signed in ends now. Until you end it, pupils get in on the school’s computers only, and only these apps open.',
              )
            : t(
                'Hết giờ, hoặc khi thầy cô kết thúc, các em được đăng xuất khỏi máy và khỏi các ứng dụng. Em sau giơ thẻ thì em trước thoát ngay.',
                'At the bell, or when you end it, pupils are signed out of the computers and the apps. The next badge at a computer signs the last pupil out.',
              )}
        </p>
        <div class="flex flex-wrap gap-2">
          <button
            type="button"
            class="button button-primary"
            disabled={isBusy || (isExam && chosen.length === 0)}
            onClick={begin}
          >
            {isExam ? t('Bắt đầu giờ thi', 'Begin the exam') : t('Bắt đầu giờ học', 'Begin the lesson')}
          </button>
          <button type="button" class="button button-quiet" onClick={onClose}>
            {t('Thôi', 'Not now')}
          </button>
        </div>
      </div>
    </Dialog>
  );
}

function ExamApps({
  apps,
  chosen,
  onChoose,
}: {
  readonly apps: Lesson['apps'];
  readonly chosen: readonly string[];
  readonly onChoose: (chosen: readonly string[]) => void;
}) {
  if (apps.length === 0)
    return (
      <Banner state="warn">
        {t('Các em chưa có ứng dụng nào đã được duyệt.', 'The pupils have no approved app yet.')}
      </Banner>
    );
  return (
    <fieldset class="grid gap-2">
      <legend class="font-semibold">{t('Chỉ mở', 'Opens only')}</legend>
      {apps.map(({ clientId, name }) => (
        <label key={clientId} class="flex items-center gap-2">
          <input
            type="checkbox"
            checked={chosen.includes(clientId)}
            onChange={({ currentTarget }) =>
              onChoose(currentTarget.checked ? [...chosen, clientId] : chosen.filter((one) => one !== clientId))
            }
          />
          {name}
        </label>
      ))}
    </fieldset>
  );
}

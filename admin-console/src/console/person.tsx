import { useState } from 'preact/hooks';
import { useRoute } from 'preact-iso';
import { api, must } from '../design/api.ts';
import { Banner } from '../design/form.tsx';
import { formatDate, formatTime, t } from '../design/language.ts';
import { useAction, useLoad } from '../design/load.ts';
import { State } from '../design/mark.tsx';
import { useMay } from './me.ts';
import { EducationId, Show, Title } from './parts.tsx';
import { eventName, relationName, roleName } from './words.ts';

export function PersonPage() {
  const { id = '' } = useRoute().params;
  const [person, reload] = useLoad(id, () => must(api.GET('/api/v1/people/{id}', { params: { path: { id } } })));
  return (
    <Show loaded={person}>
      {(data) => (
        <>
          <Title title={data.fullName} note={whereNow(data.history)}>
            {data.status === 'left' && <State state="plain">{t('Đã rời', 'Left')}</State>}
          </Title>
          <div class="grid gap-6 lg:grid-cols-2">
            <section class="card grid gap-3 content-start">
              <h2>{t('Hồ sơ', 'Record')}</h2>
              <p class="text-lg">
                <EducationId id={data.educationId} />
              </p>
              {data.birthDate && (
                <p>
                  {t('Sinh ngày', 'Born')} <span class="number">{formatDate(data.birthDate)}</span>
                </p>
              )}
              {data.aliases.length > 0 && (
                <p class="text-sm text-quiet">
                  {t('Mã cũ vẫn dùng được:', 'Older IDs that still work:')} {data.aliases.join(', ')}
                </p>
              )}
              <ul class="grid gap-2">
                {data.history.map((one) => (
                  <li key={`${one.organisation.id}${one.role}${one.validFrom}`}>
                    <span class={one.validUntil ? 'text-quiet' : 'font-semibold'}>{postName(one)}</span>
                    <span class="block text-sm text-quiet">
                      {formatDate(one.validFrom)} – {one.validUntil ? formatDate(one.validUntil) : t('nay', 'now')}
                    </span>
                  </li>
                ))}
              </ul>
              {[...data.guardians, ...data.wards].map((relative) => (
                <p key={relative.id} class="text-sm">
                  {relationName(relative.relation)}: <a href={`/admin/people/${relative.id}`}>{relative.fullName}</a>
                </p>
              ))}
            </section>
            <Account id={id} />
            <Correct person={data} onDone={reload} />
            <section class="card grid gap-2 content-start">
              <h2>{t('Đã xảy ra', 'What happened')}</h2>
              <ul class="grid gap-1 text-sm">
                {data.timeline.map(({ at, type }) => (
                  <li key={`${at}${type}`}>
                    <span class="number text-quiet">{formatTime(at)}</span> {eventName(type)}
                  </li>
                ))}
              </ul>
            </section>
          </div>
        </>
      )}
    </Show>
  );
}

interface Post {
  readonly role: string;
  readonly title: string | null;
  readonly className: string | null;
  readonly organisation: { readonly name: string };
  readonly validUntil: string | null;
}

const postName = ({ role, title, className, organisation }: Post) =>
  [[title ?? roleName(role), className].filter(Boolean).join(' '), organisation.name].join(' · ');

/** Everything that the person is now, as people say it. */
function whereNow(history: readonly Post[]): string | undefined {
  const now = history.filter(({ validUntil }) => validUntil === null).map(postName);
  return now.length > 0 ? now.join('; ') : undefined;
}

/** «Why can this person not sign in?», answered in steps; and what to do about it. */
function Account({ id }: { readonly id: string }) {
  const mayRead = useMay('accounts.read');
  const mayInvite = useMay('accounts.invite');
  const maySuspend = useMay('accounts.suspend');
  const [account, reload] = useLoad(`account ${id}`, async () =>
    mayRead ? must(api.GET('/api/v1/people/{id}/account', { params: { path: { id } } })) : null,
  );
  const [code, setCode] = useState<{ code: string; expiresAt: string }>();
  const { isBusy, error, run } = useAction();
  const path = { params: { path: { id } } };
  const act = (action: () => Promise<unknown>) =>
    run(async () => {
      await action();
      reload();
    });
  return (
    <section class="card grid gap-4 content-start">
      <h2>{t('Đăng nhập', 'Sign-in')}</h2>
      <Show loaded={account}>
        {(data) =>
          data && (
            <>
              <ul class="grid gap-1.5">
                {data.checks.map(({ step, ok, sentence }) => (
                  <li key={step} class="flex gap-2">
                    <State state={ok ? 'good' : 'bad'}>{ok ? t('Được', 'Yes') : t('Chưa', 'No')}</State>
                    {sentence}
                  </li>
                ))}
              </ul>
              <p class="text-sm text-quiet">
                {data.passkeys} passkey · {data.sessions} {t('phiên', 'sessions')}
                {data.lastSignInAt && ` · ${t('lần cuối', 'last')} ${formatTime(data.lastSignInAt)}`}
              </p>
              {code && (
                <Banner state="good" live>
                  {t('Mã kích hoạt, chỉ hiện lần này:', 'Activation code, shown this once:')}{' '}
                  <strong class="number text-lg" data-activation-code>
                    {code.code}
                  </strong>
                </Banner>
              )}
              {error && <Banner state="bad">{error}</Banner>}
              <div class="flex flex-wrap gap-2">
                {mayInvite && (
                  <button
                    type="button"
                    class="button"
                    disabled={isBusy}
                    onClick={() =>
                      act(async () => setCode(await must(api.POST('/api/v1/people/{id}/activation-code', path))))
                    }
                  >
                    {t('Cấp mã kích hoạt', 'Issue an activation code')}
                  </button>
                )}
                {maySuspend && data.sessions > 0 && (
                  <button
                    type="button"
                    class="button"
                    disabled={isBusy}
                    onClick={() => act(() => must(api.POST('/api/v1/people/{id}/sessions/end', path)))}
                  >
                    {t('Đăng xuất khỏi mọi nơi', 'Sign out everywhere')}
                  </button>
                )}
                {maySuspend && data.status === 'active' && (
                  <button
                    type="button"
                    class="button button-bad"
                    disabled={isBusy}
                    onClick={() => act(() => must(api.POST('/api/v1/people/{id}/suspend', path)))}
                  >
                    {t('Khoá tài khoản', 'Suspend')}
                  </button>
                )}
                {maySuspend && data.status === 'suspended' && (
                  <button
                    type="button"
                    class="button"
                    disabled={isBusy}
                    onClick={() => act(() => must(api.POST('/api/v1/people/{id}/resume', path)))}
                  >
                    {t('Mở lại tài khoản', 'Resume')}
                  </button>
                )}
              </div>
            </>
          )
        }
      </Show>
    </section>
  );
}

function Correct({
  person,
  onDone,
}: {
  readonly person: { readonly id: string; readonly fullName: string; readonly status: string };
  readonly onDone: () => void;
}) {
  const mayWrite = useMay('people.write');
  const [fullName, setFullName] = useState(person.fullName);
  const { isBusy, error, run } = useAction();
  if (!mayWrite) return null;
  const path = { params: { path: { id: person.id } } };
  const save = () =>
    run(async () => {
      await must(api.PATCH('/api/v1/people/{id}', { ...path, body: { fullName } }));
      onDone();
    });
  const leave = () =>
    run(async () => {
      if (
        !confirm(
          t(`${person.fullName} rời trường? Lịch sử vẫn được giữ.`, `${person.fullName} leaves? The history is kept.`),
        )
      )
        return;
      await must(api.POST('/api/v1/people/{id}/leave', path));
      onDone();
    });
  return (
    <section class="card grid gap-3 content-start">
      <h2>{t('Sửa', 'Correct')}</h2>
      <label class="grid gap-1.5">
        <span class="font-semibold">{t('Họ và tên', 'Full name')}</span>
        <input
          class="control"
          value={fullName}
          maxlength={120}
          onInput={(event) => setFullName(event.currentTarget.value)}
        />
      </label>
      {error && <Banner state="bad">{error}</Banner>}
      <div class="flex flex-wrap gap-2">
        <button
          type="button"
          class="button button-primary"
          disabled={isBusy || fullName === person.fullName}
          onClick={save}
        >
          {t('Lưu tên', 'Save the name')}
        </button>
        {person.status === 'active' && (
          <button type="button" class="button button-bad" disabled={isBusy} onClick={leave}>
            {t('Cho rời trường', 'Mark as left')}
          </button>
        )}
      </div>
    </section>
  );
}

import type { SandboxProps } from '@edutrust/idp/pages';
import { Face } from '../design/face.tsx';
import { t } from '../design/language.ts';
import { State } from '../design/mark.tsx';
import { Stack } from './document.tsx';

/** An app in its sandbox: as whom a developer enters. */
export function Sandbox({ action, cancelAction, app, people }: SandboxProps) {
  return (
    <Stack>
      <Face name={app.name} of="app" isLarge />
      <h1>{t(`Vào ${app.name} với tư cách ai?`, `Enter ${app.name} as whom?`)}</h1>
      <p>
        <State state="now">{t('Thử nghiệm, người giả', 'Sandbox, invented people')}</State>
      </p>
      <p>
        {t(
          'Những người này không có thật. Ứng dụng không biết gì về anh/chị hay về ai khác.',
          'None of them exist. The app learns nothing of you or of anybody else.',
        )}
      </p>
      <form method="post" action={action} class="grid gap-3">
        {people.map(({ id, name, places }) => (
          <button key={id} type="submit" name="person" value={id} class="button justify-start! text-left py-2">
            <Face name={name} />
            <span class="grid text-left">
              <span class="font-semibold">{name}</span>
              {places.map((place) => (
                <span key={place} class="text-sm text-quiet">
                  {place}
                </span>
              ))}
            </span>
          </button>
        ))}
      </form>
      <form method="post" action={cancelAction}>
        <button type="submit" class="button">
          {t('Không vào', 'Do not enter')}
        </button>
      </form>
    </Stack>
  );
}

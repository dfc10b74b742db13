import { useState } from 'preact/hooks';
import { api, must } from '../../design/api.ts';
import { Choice } from '../../design/form.tsx';
import { t } from '../../design/language.ts';
import { useLoad } from '../../design/load.ts';
import { State } from '../../design/mark.tsx';
import { Row, Ruled } from '../../design/ruled.tsx';
import { Show } from '../../design/show.tsx';
import type { AppView, Invented } from './views.ts';
import { audienceName } from './words.ts';

/** What the app would read of an invented person, claim by claim, as it is registered now. */
export function Preview({ app }: { readonly app: AppView }) {
  const [person, setPerson] = useState<Invented>();
  const key = `preview ${app.clientId} ${person ?? ''} ${app.scopes.join()}`;
  const [preview] = useLoad(key, () =>
    must(
      api.GET('/api/v1/apps/{clientId}/preview', {
        params: { path: { clientId: app.clientId }, query: person ? { person } : {} },
      }),
    ),
  );
  return (
    <section class="grid gap-4 grid-cols-[minmax(0,1fr)]" aria-labelledby="preview">
      <h2 id="preview">{t('Ứng dụng sẽ biết gì', 'What the app would learn')}</h2>
      <Show loaded={preview}>
        {({ people, userinfo, idToken, guarded }) => (
          <>
            <Choice
              label={t('Người giả', 'Invented person')}
              name="invented"
              value={person ?? people[0]?.id ?? ''}
              options={people.map(({ id, name, role }) => ({ value: id, label: `${name} · ${audienceName(role)}` }))}
              onChoose={(next) => setPerson(people.find(({ id }) => id === next)?.id)}
            />
            <Ruled isTight>
              {Object.entries(userinfo).map(([claim, value]) => (
                <Row
                  key={claim}
                  title={<span class="code text-sm whitespace-normal!">{claim}</span>}
                  note={<Value value={value} />}
                  act={
                    guarded.includes(claim) &&
                    !app.isApproved && <State state="warn">{t('Cần Sở duyệt', 'Needs approval')}</State>
                  }
                />
              ))}
            </Ruled>
            <details>
              <summary>{t('ID token, đã giải', 'ID token, decoded')}</summary>
              {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a block that scrolls must be reachable by keyboard */}
              <pre class="listing mt-2" tabIndex={0}>
                {JSON.stringify(idToken, null, 2)}
              </pre>
            </details>
          </>
        )}
      </Show>
    </section>
  );
}

/** A text as it is; of a list each entry on its line, an object by what it has. */
function Value({ value }: { readonly value: unknown }) {
  const entries = Array.isArray(value) ? value : [value];
  return (
    <>
      {entries.map((entry) => (
        <span key={JSON.stringify(entry)} class="block break-words">
          {typeof entry === 'object' ? Object.values(entry).filter(Boolean).join('\u00a0· ') : String(entry)}
        </span>
      ))}
    </>
  );
}

import { api, must } from '../../design/api.ts';
import { ActButton } from '../../design/dialog.tsx';
import { formatDate, t } from '../../design/language.ts';
import { useLoad } from '../../design/load.ts';
import { Row, Ruled } from '../../design/ruled.tsx';
import { Show } from '../../design/show.tsx';
import { mayDo } from '../may.ts';
import { useMay, useMe } from '../me.ts';
import { useProposed } from '../proposed.ts';
import { roleName } from '../words.ts';
import type { PersonView } from './views.ts';

/** What the person may do here by their roles. */
export function Roles({ person }: { readonly person: PersonView }) {
  if (!useMay('roles.read')) return null;
  return <RoleList person={person} />;
}

function RoleList({ person }: { readonly person: PersonView }) {
  const me = useMe();
  const may = mayDo(person);
  const works = person.affiliations.some(({ role }) => role === 'teacher' || role === 'staff');
  const mayGrant = may('roles.grant') && works && person.id !== me.person.id && person.status === 'active';
  const [loaded, reload] = useLoad(`roles ${person.id}`, () =>
    must(api.GET('/api/v1/roles', { params: { query: { person: person.id } } })),
  );
  if (loaded.state === 'ready' && loaded.data.items.length === 0 && !mayGrant) return null; // a pupil never has one
  return (
    <section class="grid gap-3" aria-labelledby="roles">
      <h2 id="roles">{t('Vai trò', 'Roles')}</h2>
      <Show loaded={loaded}>
        {({ items }) =>
          items.length === 0 ? (
            <p class="text-quiet">{t('Chưa có vai trò nào.', 'No role yet.')}</p>
          ) : (
            <Ruled onMargin isTight>
              {items.map(({ id, role, organisation, grantedAt }) => (
                <Row
                  key={id}
                  title={roleName(role)}
                  note={`${organisation.name} · ${t('từ', 'since')} ${formatDate(grantedAt)}`}
                  act={mayGrant && <EndRole person={person} role={{ id, role, organisation }} onDone={reload} />}
                />
              ))}
            </Ruled>
          )
        }
      </Show>
      {mayGrant && (
        <p>
          <a class="button" href={`/admin/people/${person.id}/role`}>
            {t('Giao vai trò', 'Grant a role')}
          </a>
        </p>
      )}
    </section>
  );
}

function EndRole({
  person,
  role: { id, role, organisation },
  onDone,
}: {
  readonly person: PersonView;
  readonly role: { readonly id: string; readonly role: string; readonly organisation: { readonly name: string } };
  readonly onDone: () => void;
}) {
  const proposed = useProposed();
  const name = roleName(role);
  return (
    <ActButton
      label={t(`Thu vai trò ${name}`, `End the role ${name}`)}
      question={t(`Thu vai trò ${name} của ${person.fullName}?`, `End the role ${name} of ${person.fullName}?`)}
      confirm={t('Thu vai trò', 'End the role')}
      bad
      onConfirm={async () => {
        const answer = await must(api.DELETE('/api/v1/roles/{id}', { params: { path: { id } } }));
        if (!proposed(answer)) onDone();
      }}
    >
      <p>
        {t(
          `Việc của vai trò này ở ${organisation.name} đóng lại ngay.`,
          `What the role opens at ${organisation.name} closes at once.`,
        )}
      </p>
    </ActButton>
  );
}

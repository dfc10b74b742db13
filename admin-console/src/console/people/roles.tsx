import { api, must } from '../../design/api.ts';
import { ActButton } from '../../design/dialog.tsx';
import { formatDate, t } from '../../design/language.ts';
import { useLoad } from '../../design/load.ts';
import { Show } from '../../design/show.tsx';
import { useMayDo } from '../may.ts';
import { useMay, useMe } from '../me.ts';
import { useProposed } from '../proposed.ts';
import { roleName } from '../words.ts';
import type { PersonView } from './person.tsx';

/** What the person may do here by their roles. */
export function Roles({ person }: { readonly person: PersonView }) {
  if (!useMay('roles.read')) return null;
  return <RoleList person={person} />;
}

function RoleList({ person }: { readonly person: PersonView }) {
  const me = useMe();
  const may = useMayDo(person);
  const proposed = useProposed();
  const works = person.affiliations.some(({ role }) => role === 'teacher' || role === 'staff');
  const mayGrant = may('roles.grant') && works && person.id !== me.person.id && person.status === 'active';
  const [loaded, reload] = useLoad(`roles ${person.id}`, () =>
    must(api.GET('/api/v1/roles', { params: { query: { person: person.id } } })),
  );
  return (
    <section class="grid gap-3" aria-labelledby="roles">
      <h2 id="roles">{t('Vai trò', 'Roles')}</h2>
      <Show loaded={loaded}>
        {({ items }) =>
          items.length === 0 ? (
            <p class="text-quiet">{t('Chưa có vai trò nào.', 'No role yet.')}</p>
          ) : (
            <ul class="grid gap-2">
              {items.map(({ id, role, organisation, grantedAt }) => (
                <li key={id} class="flex flex-wrap items-center justify-between gap-2">
                  <span>
                    <span class="font-semibold">{roleName(role)}</span> · {organisation.name}{' '}
                    <span class="text-sm text-quiet">
                      {t('từ', 'since')} {formatDate(grantedAt)}
                    </span>
                  </span>
                  {mayGrant && (
                    <ActButton
                      label={t(`Thu vai trò ${roleName(role)}`, `End the role ${roleName(role)}`)}
                      question={t(
                        `Thu vai trò ${roleName(role)} của ${person.fullName}?`,
                        `End the role ${roleName(role)} of ${person.fullName}?`,
                      )}
                      confirm={t('Thu vai trò', 'End the role')}
                      bad
                      onConfirm={async () => {
                        if (!proposed(await must(api.DELETE('/api/v1/roles/{id}', { params: { path: { id } } }))))
                          reload();
                      }}
                    >
                      <p>
                        {t(
                          `Việc của vai trò này ở ${organisation.name} đóng lại ngay.`,
                          `What the role opens at ${organisation.name} closes at once.`,
                        )}
                      </p>
                    </ActButton>
                  )}
                </li>
              ))}
            </ul>
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

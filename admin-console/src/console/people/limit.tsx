import { useState } from 'preact/hooks';
import { api, must } from '../../design/api.ts';
import { Dialog } from '../../design/dialog.tsx';
import { EntryForm, useEntry } from '../../design/entry.tsx';
import { Choice, Field } from '../../design/form.tsx';
import { t } from '../../design/language.ts';
import type { PersonView } from './views.ts';

type Guardian = PersonView['guardians'][number];

const scopeName = (scope: Guardian['scope']) =>
  ({
    full: t('xem và quyết định mọi việc', 'sees and decides everything'),
    documents: t('chỉ xem giấy tờ', 'sees documents only'),
    none: t('không xem gì, theo quyết định của Toà', 'sees nothing, by decision of a court'),
  })[scope];

/** What a guardian may see and decide, and changing it with the decision that says so. */
export function Limit({ guardian, onDone }: { readonly guardian: Guardian; readonly onDone: () => void }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      {guardian.scope !== 'full' && <span class="text-quiet">{scopeName(guardian.scope)}</span>}
      <button type="button" class="button button-small" onClick={() => setOpen(true)}>
        {t(`Quyền của ${guardian.fullName}`, `What ${guardian.fullName} may see`)}
      </button>
      {isOpen && (
        <LimitForm
          guardian={guardian}
          onClose={() => setOpen(false)}
          onDone={() => {
            setOpen(false);
            onDone();
          }}
        />
      )}
    </>
  );
}

const scopes: readonly Guardian['scope'][] = ['full', 'documents', 'none'];

function LimitForm({
  guardian,
  onClose,
  onDone,
}: {
  readonly guardian: Guardian;
  readonly onClose: () => void;
  readonly onDone: () => void;
}) {
  const entry = useEntry(`limit ${guardian.guardianshipId}`, {
    scope: guardian.scope as string,
    reason: '',
    until: '',
  });
  const isLimit = entry.values.scope !== 'full';
  return (
    <Dialog title={t(`${guardian.fullName} được xem gì?`, `What may ${guardian.fullName} see?`)} onClose={onClose}>
      <EntryForm
        entry={entry}
        submit={t('Ghi', 'Save')}
        cancel={onClose}
        onSubmit={async ({ scope, reason, until }) => {
          await must(
            api.PATCH('/api/v1/guardianships/{id}', {
              params: { path: { id: guardian.guardianshipId } },
              body: { scope: scope as Guardian['scope'], reason, until: until || null },
            }),
          );
          onDone();
        }}
      >
        <Choice
          label={t('Quyền', 'Scope')}
          {...entry.choice('scope')}
          options={scopes.map((value) => ({ value, label: scopeName(value) }))}
        />
        {isLimit && (
          <>
            <Field
              label={t('Theo quyết định nào', 'By which decision')}
              required
              maxlength={300}
              hint={t('Toà nào, số, ngày.', 'Which court, number, day.')}
              {...entry.field('reason')}
            />
            <Field
              type="date"
              label={t('Tới ngày (để trống nếu chưa biết)', 'Until (empty when not known)')}
              {...entry.field('until')}
            />
          </>
        )}
      </EntryForm>
    </Dialog>
  );
}

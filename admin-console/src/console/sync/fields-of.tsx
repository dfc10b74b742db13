import { Fragment } from 'preact';
import { formatDate, t } from '../../design/language.ts';
import { State } from '../../design/mark.tsx';
import { fieldName } from '../../design/released.tsx';
import { roleName } from '../words.ts';
import type { Explanation } from './words.ts';

type Field = Explanation['fields'][number];

/** What a recipient gets of one person, field by field, and why it does not get the rest. */
export function FieldsOf({ fields }: { readonly fields: readonly Field[] }) {
  return (
    <section class="grid gap-3 min-w-0" aria-labelledby="fields-of">
      <h3 id="fields-of">{t('Được biết gì về người này', 'What it gets to know of this person')}</h3>
      <dl class="facts text-sm">
        {fields.map(({ field, values, reason }) => (
          <Fragment key={field}>
            <dt>{fieldName(field)}</dt>
            <dd class="break-words">
              {reason === 'allowed' ? (
                values.map((value) => valueName(field, value)).join(', ')
              ) : (
                <State state="plain">{reasonName(reason)}</State>
              )}
            </dd>
          </Fragment>
        ))}
      </dl>
    </section>
  );
}

function valueName(field: Field['field'], value: string): string {
  if (field === 'roles') return roleName(value);
  return field === 'birthDate' ? formatDate(value) : value;
}

/** Why a field is not sent. */
function reasonName(reason: Exclude<Field['reason'], 'allowed'>): string {
  switch (reason) {
    case 'unknown':
      return t('được phép, nhưng sổ chưa có', 'allowed, but not known');
    case 'not-in-contract':
      return t('ngoài thoả thuận', 'not sent: not agreed to');
    case 'not-released':
      return t('không thuộc phạm vi', 'not sent: not one of its people');
  }
}

import { useState } from 'preact/hooks';
import { api, must } from '../../design/api.ts';
import { ActButton } from '../../design/dialog.tsx';
import { Choice, Field } from '../../design/form.tsx';
import { formatDate, t } from '../../design/language.ts';
import { toast } from '../../design/toast.tsx';
import { PickPerson } from '../people/pick.tsx';
import type { SigningRequest } from './views.ts';

interface Acting {
  readonly one: SigningRequest;
  readonly onDone: () => void;
}

const isOpen = ({ state }: SigningRequest) => state === 'waiting' || state === 'signed';

/** Until when a document is wanted that is still on its way. */
export function Late({ one }: Pick<Acting, 'one'>) {
  if (!one.dueAt || !isOpen(one)) return null;
  const isLate = one.dueAt < new Date().toISOString();
  return (
    <span class={`text-sm ${isLate ? 'text-bad font-semibold' : 'text-quiet'}`}>
      {isLate ? t('quá hạn', 'overdue since') : t('hạn', 'due')} {formatDate(one.dueAt)}
    </span>
  );
}

/** Another signer in the place of one who does not sign; of an uploaded file, which does not print who signs. */
export function HandOver({ one, onDone }: Acting) {
  const open = one.steps.flatMap((step, position) =>
    step.role === 'signer' && (step.state === 'due' || step.state === 'pending') ? [{ ...step, position }] : [],
  );
  const [position, setPosition] = useState(String(open[0]?.position ?? 0));
  const [person, setPerson] = useState<{ readonly id: string; readonly name: string }>();
  if (one.kind !== 'upload' || open.length === 0 || !isOpen(one)) return null;
  return (
    <ActButton
      label={t('Chuyển người ký', 'Hand over')}
      question={t(`Ai ký thay trong «${one.title}»?`, `Who signs “${one.title}” instead?`)}
      confirm={t('Chuyển', 'Hand it over')}
      onConfirm={async () => {
        if (!person) throw new Error(t('Hãy chọn người ký mới.', 'Choose the new signer.'));
        const body = { position: Number(position), personId: person.id };
        await must(api.POST('/api/v1/signing/requests/{id}/hand-over', { params: { path: { id: one.id } }, body }));
        toast(t('Đã chuyển cho người ký mới.', 'It was handed over.'));
        onDone();
      }}
    >
      {open.length > 1 && (
        <Choice
          label={t('Thay cho', 'Instead of')}
          name="position"
          value={position}
          options={open.map((step) => ({ value: String(step.position), label: step.person?.fullName ?? step.title }))}
          onChoose={setPosition}
        />
      )}
      {person ? (
        <p>
          {t('Người ký mới:', 'The new signer:')} <b>{person.name}</b>
        </p>
      ) : (
        <PickPerson
          label={t('Người ký mới', 'The new signer')}
          onPick={async (id) => {
            const { fullName } = await must(api.GET('/api/v1/people/{id}', { params: { path: { id } } }));
            setPerson({ id, name: fullName });
          }}
        />
      )}
    </ActButton>
  );
}

/** A later day, or none. */
export function PutOff({ one, onDone }: Acting) {
  const [day, setDay] = useState('');
  if (!one.dueAt || !isOpen(one)) return null;
  return (
    <ActButton
      label={t('Đổi hạn', 'Put off')}
      question={t(`Hạn mới của «${one.title}»`, `A new deadline of “${one.title}”`)}
      confirm={day ? t('Đổi hạn', 'Put it off') : t('Bỏ hạn', 'No deadline')}
      onConfirm={async () => {
        const dueAt = day ? new Date(`${day}T23:59:59+07:00`).toISOString() : null;
        const params = { path: { id: one.id } };
        await must(api.PUT('/api/v1/signing/requests/{id}/deadline', { params, body: { dueAt } }));
        toast(t('Đã đổi hạn.', 'The deadline was changed.'));
        onDone();
      }}
    >
      <Field
        type="date"
        name="due"
        label={t('Ký trước hết ngày', 'To be signed by the end of')}
        hint={t('Để trống là không còn hạn.', 'Empty: no deadline.')}
        value={day}
        onInput={({ currentTarget }) => setDay(currentTarget.value)}
      />
    </ActButton>
  );
}

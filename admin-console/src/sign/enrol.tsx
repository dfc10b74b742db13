import { useState } from 'preact/hooks';
import { api, must } from '../design/api.ts';
import { Banner, Field } from '../design/form.tsx';
import { formatDate, t } from '../design/language.ts';
import { useAction } from '../design/load.ts';
import { Row, Ruled } from '../design/ruled.tsx';
import { Seals } from '../design/seals.tsx';
import { makeKey } from './keys.ts';
import { assertPasskey, register } from './passkey.ts';

interface Enrolment {
  readonly state: 'none' | 'awaiting-approval' | 'ready' | 'enrolled';
  readonly approvalCode: string | null;
  /** The one before, when there was one: why this phone must be enrolled. */
  readonly previous?: {
    readonly state: 'refused' | 'revoked';
    readonly at: string;
    readonly reason: string | null;
  } | null;
  readonly approval: { readonly id: string; readonly isConfirmed: boolean } | null;
}

/** Enrolling the phone: one passkey of the signing service's own, one key made here, one code for the second officer. */
export function Enrol({ enrolment, onChange }: { readonly enrolment: Enrolment; readonly onChange: () => void }) {
  if (enrolment.state === 'none') {
    return (
      <>
        {enrolment.previous && <Why previous={enrolment.previous} />}
        <Register onDone={onChange} />
      </>
    );
  }
  if (enrolment.approval && !enrolment.approval.isConfirmed) {
    return <ConfirmPhone approvalId={enrolment.approval.id} onDone={onChange} />;
  }
  return (
    <>
      <h1>{t('Chờ cán bộ thứ hai duyệt', 'Waiting for the second officer')}</h1>
      <p>
        {t(
          'Cán bộ an toàn thông tin của Sở sẽ gọi. Chỉ khi họ gọi, đọc cho họ sáu chữ số này; họ gõ vào máy của họ.',
          'The security officer of the department will call you. Only when they do, read them these six digits; they type them in.',
        )}
      </p>
      <div class="what on-margin squared grid justify-items-center">
        <Seals
          first="closed"
          second="open"
          label={t('Một người đã xác nhận, một người chưa', 'One has confirmed, one has not yet')}
        />
        <p class="number text-[2.75rem] font-bold leading-tight" data-approval-code>
          {enrolment.approvalCode?.replace(/^(\d{3})(\d{3})$/, '$1 $2')}
        </p>
      </div>
      <button type="button" class="button" onClick={onChange}>
        {t('Xem đã duyệt chưa', 'See whether it is approved')}
      </button>
      <Steps at={3} />
    </>
  );
}

/** What there is to do until this device signs, and how far it is. */
function Steps({ at }: { readonly at: 1 | 2 | 3 }) {
  const steps = [
    {
      title: t('Tạo passkey ký', 'Make the signing passkey'),
      note: t(
        'Riêng cho việc ký, khác với passkey đăng nhập.',
        'For signing alone, apart from the one for signing in.',
      ),
    },
    {
      title: t('Máy này tạo khoá ký', 'This device makes the signing key'),
      note: t('Khoá ở lại trong máy; máy chủ không bao giờ thấy.', 'The key stays here; the server never sees it.'),
    },
    {
      title: t('Cán bộ của Sở gọi rồi duyệt', 'An officer of the department calls and approves'),
      note: t(
        'Hai người cùng xác nhận thì mới cấp chứng thư.',
        'The certificate is issued once two people have confirmed.',
      ),
    },
  ];
  return (
    <Ruled onMargin isOrdered label={t('Ba bước', 'Three steps')}>
      {steps.map(({ title, note }, index) => (
        <Row
          key={title}
          mark={index + 1 < at ? 'good' : at === 3 && index === 2 ? 'now' : index + 1}
          {...(index + 1 < at ? { said: t('xong', 'done') } : {})}
          isCurrent={index + 1 === at}
          title={title}
          note={note}
        />
      ))}
    </Ruled>
  );
}

/** Why the phone of before signs no longer. */
function Why({ previous }: { readonly previous: NonNullable<Enrolment['previous']> }) {
  const { state, at, reason } = previous;
  const why =
    state === 'refused'
      ? t(`Cán bộ đã từ chối đăng ký trước: ${reason ?? ''}`, `The officer refused the last enrolment: ${reason ?? ''}`)
      : reason === 'lost'
        ? t(
            'Điện thoại trước đã báo mất nên không ký được nữa',
            'The last phone was reported lost and can no longer sign',
          )
        : reason === 'left'
          ? t('Vai trò ký trước đã kết thúc', 'The role to sign had ended')
          : t('Điện thoại trước đã ngừng ký để đổi máy khác', 'The last phone was stopped for a new one');
  return (
    <Banner state="warn">
      {why} ({formatDate(at)}). {t('Đăng ký điện thoại này để ký tiếp.', 'Enrol this phone to go on signing.')}
    </Banner>
  );
}

/** The phone puts its new passkey to what the officer will see. */
async function confirmPhone(approvalId: string): Promise<void> {
  const path = { params: { path: { id: approvalId } } };
  const { options } = await must(api.POST('/api/v1/approvals/{id}/options', path));
  const { assertion } = await assertPasskey(options);
  await must(
    // the assertion is the browser's own JSON form, which the schema describes
    api.POST('/api/v1/approvals/{id}/confirm', { ...path, body: { assertion: assertion as never } }),
  );
}

function ConfirmPhone({ approvalId, onDone }: { readonly approvalId: string; readonly onDone: () => void }) {
  const { isBusy, error, run } = useAction();
  return (
    <>
      <h1>{t('Xác nhận máy này', 'Confirm this device')}</h1>
      <p>
        {t(
          'Chạm vân tay hoặc nhìn vào máy một lần nữa, bằng chính passkey ký vừa tạo. Sau đó cán bộ của Sở gọi điện.',
          'Confirm once more with the signing passkey that you have just made. Then an officer of the department calls you.',
        )}
      </p>
      {error && <Banner state="warn">{error}</Banner>}
      <button
        type="button"
        class="button button-primary min-h-12"
        disabled={isBusy}
        onClick={() =>
          run(async () => {
            await confirmPhone(approvalId);
            onDone();
          })
        }
      >
        {t('Xác nhận', 'Confirm')}
      </button>
    </>
  );
}

/** A finger is what one points with on a phone; who signs at a desk has a computer. */
const isPhone = () => matchMedia('(pointer: coarse)').matches;

function Register({ onDone }: { readonly onDone: () => void }) {
  const [name, setName] = useState(() =>
    isPhone() ? t('Điện thoại của tôi', 'My phone') : t('Máy tính của tôi', 'My computer'),
  );
  const { isBusy, error, run } = useAction();
  const enrol = async () => {
    const { ceremonyId, options } = await must(api.POST('/api/v1/signing/enrolment/options'));
    const { attestation, credentialId, prfOutput } = await register(options);
    const proofText = `EduTrust signing key\n${options.challenge}\n${credentialId}`;
    const key = prfOutput ? await makeKey(prfOutput, proofText) : {};
    const { approval } = await must(
      api.POST('/api/v1/signing/enrolment', {
        // the attestation is the browser's own JSON form, which the schema describes
        body: { ceremonyId, attestation: attestation as never, deviceName: name, ...key },
      }),
    );
    // A tap that is cancelled here is asked for again by the next screen.
    if (approval) await confirmPhone(approval.id).catch(() => undefined);
    onDone();
  };
  return (
    <>
      <h1>{t('Đăng ký máy này để ký', 'Enrol this device for signing')}</h1>
      <Steps at={1} />
      <Field
        label={t('Tên máy', "The device's name")}
        name="device"
        value={name}
        maxlength={80}
        onInput={(event) => setName(event.currentTarget.value)}
      />
      {error && <Banner state="warn">{error}</Banner>}
      <button type="button" class="button button-primary min-h-12" disabled={isBusy} onClick={() => run(enrol)}>
        {t('Tạo passkey ký', 'Make the signing passkey')}
      </button>
    </>
  );
}

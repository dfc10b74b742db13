import type { DiplomaProps } from '@edutrust/signing-service/pages';
import { Field } from '../design/form.tsx';
import { Icon } from '../design/icon.tsx';
import { t } from '../design/language.ts';
import { BackLink } from './back-link.tsx';
import { Shape } from './verify.tsx';

const looks = { 'in-force': 'good', 'not-in-force': 'bad', none: 'warn' } as const;

/** `/verify/diploma`: four things that stand on the diploma in, one of three answers out. */
export function Diploma({ action, typed, answer }: DiplomaProps) {
  return (
    <>
      <BackLink href="/verify">{t('Kiểm tra chữ ký số', 'Check a digital signature')}</BackLink>
      {answer ? (
        <div class={`verdict look-${looks[answer]}`}>
          <Shape look={looks[answer]} />
          <div class="grid gap-1">
            <h1>{sentenceOf(answer)}</h1>
            <p class="text-lg">{adviceOf(answer)}</p>
          </div>
        </div>
      ) : (
        <div>
          <h1>{t('Tra bằng tốt nghiệp THPT', 'Look up an upper secondary diploma')}</h1>
          <p class="text-quiet">
            {t(
              'Gõ đúng như trên bằng. Trang chỉ trả lời bằng còn hiệu lực, đã hết hiệu lực, hay không khớp.',
              'Type what the diploma says. The answer is only: in force, in force no more, or nothing fits.',
            )}
          </p>
        </div>
      )}
      <form method="post" action={action} class="grid gap-4 max-w-xl">
        <div class="grid gap-4 sm:grid-cols-2">
          <Field
            label={t('Số vào sổ gốc', 'Number in the register')}
            name="number"
            value={typed?.number ?? ''}
            placeholder="12/THPT"
            autocomplete="off"
            maxlength={20}
            required
          />
          <Field
            label={t('Năm cấp', 'Year of issue')}
            name="year"
            value={typed?.year ?? ''}
            inputmode="numeric"
            pattern="[0-9]{4}"
            maxlength={4}
            autocomplete="off"
            required
          />
        </div>
        <Field
          label={t('Họ và tên trên bằng', 'Full name on the diploma')}
          name="fullName"
          value={typed?.fullName ?? ''}
          maxlength={150}
          autocomplete="off"
          required
        />
        <Field
          type="date"
          label={t('Ngày sinh', 'Date of birth')}
          name="birthDate"
          value={typed?.birthDate ?? ''}
          autocomplete="off"
          required
        />
        <button type="submit" class="button button-primary justify-self-start">
          <Icon name="search" />
          {t('Tra bằng', 'Look it up')}
        </button>
      </form>
    </>
  );
}

type Answer = NonNullable<DiplomaProps['answer']>;

const sentenceOf = (answer: Answer): string =>
  ({
    'in-force': t('Bằng này đang có hiệu lực', 'This diploma is in force'),
    'not-in-force': t('Bằng này không còn hiệu lực', 'This diploma is in force no more'),
    none: t('Không có bằng nào khớp cả bốn mục', 'No diploma fits all four'),
  })[answer];

const adviceOf = (answer: Answer): string =>
  ({
    'in-force': t(
      'Muốn biết tờ giấy có bị sửa không, quét mã QR trên bằng.',
      'To know whether the paper was changed, scan its QR code.',
    ),
    'not-in-force': t(
      'Đã thu hồi, huỷ bỏ hoặc cấp lại bản khác. Hỏi trường đã cấp.',
      'It was revoked, cancelled or issued again. Ask the school.',
    ),
    none: t('Xem lại từng mục trên bằng rồi gõ lại.', 'Compare each with the diploma and type it again.'),
  })[answer];

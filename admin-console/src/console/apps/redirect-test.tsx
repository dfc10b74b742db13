import { useState } from 'preact/hooks';
import { api, must } from '../../design/api.ts';
import { Field } from '../../design/form.tsx';
import { t } from '../../design/language.ts';
import { Row, Ruled } from '../../design/ruled.tsx';
import type { AppView } from './views.ts';

interface Tested {
  readonly address: string;
  readonly isTaken: boolean;
  readonly nearest: string | null;
  readonly differsAt: number | null;
}

/** Whether people would be sent back to an address, and where it differs from the registered one that is nearest. */
export function RedirectTest({ app }: { readonly app: AppView }) {
  const [address, setAddress] = useState('');
  const [tested, setTested] = useState<Tested>();
  const test = async () => {
    const { clientId } = app;
    const answer = await must(
      api.GET('/api/v1/apps/{clientId}/redirect-test', { params: { path: { clientId }, query: { address } } }),
    );
    setTested({ address, ...answer });
  };
  return (
    <form
      class="grid gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        void test();
      }}
    >
      <Field
        label={t('Thử một địa chỉ nhận kết quả', 'Test an address that receives the sign-in')}
        name="redirect-test"
        required
        value={address}
        onInput={(event) => setAddress(event.currentTarget.value)}
      />
      <div>
        <button type="submit" class="button">
          {t('Thử', 'Test')}
        </button>
      </div>
      <div role="status" class="empty:hidden">
        {tested && (
          <Ruled isTight>
            <Row
              mark={tested.isTaken ? 'good' : 'bad'}
              title={
                tested.isTaken
                  ? t('Đúng một địa chỉ đã đăng ký', 'It is a registered address')
                  : t('Không phải địa chỉ đã đăng ký', 'It is not a registered address')
              }
              note={<Compared tested={tested} />}
            />
          </Ruled>
        )}
      </div>
    </form>
  );
}

function Compared({ tested: { address, nearest, differsAt } }: { readonly tested: Tested }) {
  if (nearest === null || differsAt === null) return <span class="code text-sm whitespace-normal!">{address}</span>;
  return (
    <span class="grid gap-1">
      {[
        [t('Đã thử', 'Tested'), address],
        [t('Gần nhất', 'Nearest'), nearest],
      ].map(([label = '', text = '']) => (
        <span key={label} class="break-words">
          {label}:{' '}
          <span class="code text-sm whitespace-normal!">
            {text.slice(0, differsAt)}
            <mark class="bg-warn-soft text-ink rounded-sm">{text.slice(differsAt) || t('(hết)', '(ends here)')}</mark>
          </span>
        </span>
      ))}
    </span>
  );
}

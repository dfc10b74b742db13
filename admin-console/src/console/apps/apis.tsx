import type { Entry } from '../../design/entry.tsx';
import { Field, Lines } from '../../design/form.tsx';
import { t } from '../../design/language.ts';
import type { AppView } from './views.ts';

/** What the fields of {@link Apis} hold of an app. */
export const apiFields = ({ api, apiAccess }: AppView) => ({
  apiIdentifier: api?.identifier ?? '',
  apiScopes: (api?.scopes ?? []).map(({ name, means }) => `${name} = ${means.vi} | ${means.en}`).join('\n'),
  apiAccess: apiAccess.map(({ identifier, scopes }) => [identifier, ...scopes].join(' ')).join('\n'),
});

type Fields = ReturnType<typeof apiFields>;
const linesOf = (text: string) => text.split('\n').filter((line) => line.trim());

/** `doc-sach = Đọc sách | Read books` for each scope; the server says what is wrong with them. */
export function readApi(identifier: string, scopes: string): AppView['api'] {
  if (!identifier.trim()) return null;
  return {
    identifier: identifier.trim(),
    scopes: linesOf(scopes).map((line) => {
      const [name = '', meaning = ''] = line.split(/=(.*)/s).map((part) => part.trim());
      const [vi = '', en = ''] = meaning.split('|').map((part) => part.trim());
      return { name, means: { vi, en: en || vi } };
    }),
  };
}

/** An address and scopes, parted by spaces, in each line. */
export function readAccess(text: string): AppView['apiAccess'] {
  return linesOf(text).map((line) => {
    const [identifier = '', ...scopes] = line.trim().split(/\s+/);
    return { identifier, scopes };
  });
}

/** The API that an app offers, and those of others that it may call. */
export function Apis({ entry }: { readonly entry: Pick<Entry<Fields>, 'field'> }) {
  return (
    <>
      <Field
        label={t('API cho ứng dụng khác gọi', 'API that other apps call')}
        type="url"
        {...entry.field('apiIdentifier')}
        hint={t('Địa chỉ của API (resource). Để trống thì không có.', 'Its address (resource). Empty: none.')}
      />
      <Lines
        label={t('Phạm vi của API', 'Scopes of the API')}
        {...entry.field('apiScopes')}
        hint={t(
          'Mỗi dòng một phạm vi: tên = ý nghĩa tiếng Việt | tiếng Anh.',
          'One per line: name = meaning in Vietnamese | in English.',
        )}
      />
      <Lines
        label={t('API của ứng dụng khác mà nó gọi', 'APIs of other apps that it calls')}
        {...entry.field('apiAccess')}
        hint={t(
          'Mỗi dòng: địa chỉ, rồi các phạm vi, cách nhau bằng dấu cách.',
          'Each line: the address, then scopes, parted by spaces.',
        )}
      />
    </>
  );
}

import { useState } from 'preact/hooks';
import { api, must } from '../../design/api.ts';
import { ActButton } from '../../design/dialog.tsx';
import { t } from '../../design/language.ts';
import { Empty, Show } from '../../design/show.tsx';
import { toast } from '../../design/toast.tsx';
import { usePages } from '../pages.ts';
import { More, Title } from '../parts.tsx';
import { HandOver, Late, PutOff } from './late.tsx';
import { NewDocumentLink } from './link.tsx';
import { Requests } from './row.tsx';
import type { SigningRequest } from './views.ts';

/** `/admin/signing/asked`: what I sent to be signed, whose turn it is, and the way back. */
export function AskedDocuments() {
  const [round, setRound] = useState(0);
  const again = () => setRound(round + 1);
  const { loaded, more } = usePages(`asked ${round}`, (cursor) =>
    must(api.GET('/api/v1/signing/asked', { params: { query: { limit: 50, ...(cursor ? { cursor } : {}) } } })),
  );
  return (
    <>
      <Title
        title={t('Tôi đã trình', 'What I sent to be signed')}
        back={{ href: '/admin/signing', label: t('Trình ký', 'Signing requests') }}
      >
        <NewDocumentLink />
      </Title>
      <Show loaded={loaded}>
        {(requests) =>
          requests.length === 0 ? (
            <Empty icon="signature">{t('Anh/chị chưa trình tài liệu nào.', 'You have sent nothing yet.')}</Empty>
          ) : (
            <Requests
              requests={requests}
              label={t('Tài liệu đã trình', 'Documents that were sent')}
              act={(one) => (
                <>
                  <Late one={one} />
                  <HandOver one={one} onDone={again} />
                  <PutOff one={one} onDone={again} />
                  <Withdraw one={one} onDone={again} />
                </>
              )}
            />
          )
        }
      </Show>
      {more && <More onClick={more} />}
    </>
  );
}

function Withdraw({ one, onDone }: { readonly one: SigningRequest; readonly onDone: () => void }) {
  if (one.state !== 'waiting' && one.state !== 'signed') return null;
  return (
    <ActButton
      bad
      label={t('Rút lại', 'Withdraw')}
      question={t(`Rút lại «${one.title}»?`, `Withdraw “${one.title}”?`)}
      confirm={t('Rút lại', 'Withdraw it')}
      onConfirm={async () => {
        await must(api.POST('/api/v1/signing/requests/{id}/withdraw', { params: { path: { id: one.id } } }));
        toast(t(`Đã rút lại «${one.title}».`, `“${one.title}” was withdrawn.`));
        onDone();
      }}
    >
      <p>
        {t(
          'Người chưa ký sẽ không thấy tài liệu này nữa. Chữ ký đã có không dùng được. Muốn ký thì trình lại từ đầu.',
          'Those who have not signed no longer see it, and signatures that it has are void. To have it signed, send it again.',
        )}
      </p>
    </ActButton>
  );
}

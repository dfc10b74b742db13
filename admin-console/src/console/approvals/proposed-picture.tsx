import { api, must } from '../../design/api.ts';
import { Ink } from '../../design/ink.tsx';
import { t } from '../../design/language.ts';
import { useLoad } from '../../design/load.ts';
import { Show } from '../../design/show.tsx';
import type { ApprovalView } from './state.tsx';

/** Of a picture of a seal: the picture itself, which its SHA-256 alone lets nobody compare with a specimen. */
export function ProposedPicture({ one }: { readonly one: ApprovalView }) {
  if (one.kind !== 'seal-picture.set' || !isOpen(one)) return null;
  return <Picture one={one} />;
}

const isOpen = ({ state }: ApprovalView) => state === 'proposed' || state === 'confirmed';

function Picture({ one: { id, covered } }: { readonly one: ApprovalView }) {
  const [loaded] = useLoad(id, async () => {
    const { content } = JSON.parse(covered) as { content: { organisationId: string } }; // canonical JSON of this kind
    const params = { path: { organisationId: content.organisationId } };
    const { waiting } = await must(api.GET('/api/v1/signing/organisations/{organisationId}/seal-picture', { params }));
    return waiting.find(({ approvalId }) => approvalId === id);
  });
  return (
    <Show loaded={loaded}>
      {(picture) =>
        picture && (
          <figure class="grid gap-2 justify-items-start">
            <Ink
              picture={picture}
              widthMm={picture.widthMm}
              name={t('Hình con dấu được đề nghị', 'The proposed picture')}
            />
            <figcaption class="text-sm text-quiet">
              {t(
                'So với mẫu dấu đã đăng ký trước khi duyệt.',
                'Compare it with the specimen on file before you approve.',
              )}
            </figcaption>
          </figure>
        )
      }
    </Show>
  );
}

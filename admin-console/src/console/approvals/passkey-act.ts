import { startAuthentication } from '@simplewebauthn/browser';
import { api, must } from '../../design/api.ts';
import { t } from '../../design/language.ts';

type RequestOptions = Parameters<typeof startAuthentication>[0]['optionsJSON'];

/** Where an act that takes two people is looked at and decided. */
export const approvalPath = (id: string) => `/admin/approvals/${id}`;

/** The caller's act, by a tap on their passkey: the maker confirms, somebody else approves (with the code where asked). */
export async function actWithPasskey(id: string, code?: string): Promise<void> {
  const path = { params: { path: { id } } };
  const { act, options } = await must(api.POST('/api/v1/approvals/{id}/options', path));
  const credential = await startAuthentication({ optionsJSON: options as unknown as RequestOptions }).catch(
    (error: unknown) => {
      if (error instanceof Error && ['NotAllowedError', 'AbortError'].includes(error.name)) {
        throw new Error(
          t(
            'Chưa xong: passkey chưa được xác nhận. Bấm lại để thử lần nữa.',
            'Not done: the passkey was not confirmed. Press again to retry.',
          ),
        );
      }
      throw error;
    },
  );
  const { id: credentialId, rawId, response } = credential;
  const assertion = { id: credentialId, rawId, type: 'public-key' as const, response };
  if (act === 'confirm') await must(api.POST('/api/v1/approvals/{id}/confirm', { ...path, body: { assertion } }));
  else {
    await must(api.POST('/api/v1/approvals/{id}/approve', { ...path, body: { assertion, ...(code ? { code } : {}) } }));
  }
}

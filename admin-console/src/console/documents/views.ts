import { t } from '../../design/language.ts';
import type { paths } from '../../generated/api.d.ts';

export type SigningRequest =
  paths['/api/v1/signing/requests']['get']['responses']['200']['content']['application/json']['items'][number];
export type Upload =
  paths['/api/v1/signing/organisations/{organisationId}/uploads']['post']['responses']['201']['content']['application/json'];

/** How far a document is, in words. */
export const stateName = (state: SigningRequest['state']): string =>
  ({
    waiting: t('Chờ ký', 'Waiting'),
    signed: t('Đã ký, chờ đóng dấu', 'Signed, to be sealed'),
    issued: t('Đã phát hành', 'Issued'),
    replaced: t('Bị thay thế', 'Replaced'),
    rejected: t('Bị từ chối', 'Rejected'),
    revoked: t('Bị thu hồi', 'Revoked'),
    withdrawn: t('Đã rút', 'Withdrawn'),
  })[state];

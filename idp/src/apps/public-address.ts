import { InvalidInput } from '@edutrust/platform/errors';
import { mayBeCalled } from '@edutrust/platform/public-address';

/** @throws InvalidInput `apps/private-address` */
export function mustBeCallable(
  address: string | null | undefined,
  field: 'backchannelLogoutUri' | 'jwksUri' | 'ciba',
  issuer: URL,
): void {
  if (!address || !URL.canParse(address) || mayBeCalled(address, issuer)) return;
  const detail = {
    vi: 'Máy chủ không gọi tới địa chỉ trong mạng nội bộ.',
    en: 'The server does not call addresses inside private networks.',
  };
  throw new InvalidInput('apps/private-address', detail, { fields: [{ pointer: `/${field}`, detail }] });
}

import { api, must } from '../../design/api.ts';
import { formatNumber, t } from '../../design/language.ts';
import type { Me } from '../me.ts';

/** Something that somebody waits for this person to do. */
export interface Task {
  readonly id: string;
  readonly title: string;
  readonly note: string;
  readonly href: string;
  /** The verb on its button. */
  readonly act: string;
}

/** What waits for this person, each from the service that knows it. */
export async function waitingFor({ permissions }: Me): Promise<readonly Task[]> {
  const may = (action: string) => permissions.includes(action);
  const found = await Promise.all([
    secondPersonActs(),
    may('signing.sign') || may('signing.seal') ? documentsToSign() : [],
  ]);
  return found.flat();
}

/** Acts of two people: those that wait for this one, and their own that they have not confirmed. */
async function secondPersonActs(): Promise<Task[]> {
  const [waiting, mine] = await Promise.all(
    (['waiting', 'mine'] as const).map((which) =>
      must(api.GET('/api/v1/approvals', { params: { query: { which, limit: 20 } } })),
    ),
  );
  return [
    ...(waiting?.items ?? []).map((one) => ({
      id: one.id,
      title: one.title,
      note: t(
        `${one.maker.fullName} đề nghị, chờ bạn duyệt · ${one.organisation.name}`,
        `Proposed by ${one.maker.fullName}, waits for you · ${one.organisation.name}`,
      ),
      href: `/admin/approvals/${one.id}`,
      act: t('Xem và duyệt', 'Look and approve'),
    })),
    ...(mine?.items ?? [])
      .filter(({ confirmedAt }) => confirmedAt === null)
      .map((one) => ({
        id: one.id,
        title: one.title,
        note: t('Bạn chưa xác nhận đề nghị của mình.', 'You have not confirmed your own proposal yet.'),
        href: `/admin/approvals/${one.id}`,
        act: t('Xác nhận', 'Confirm'),
      })),
  ];
}

async function documentsToSign(): Promise<Task[]> {
  const { toSign, toSeal } = await must(api.GET('/api/v1/signing/inbox/count'));
  return [
    ...(toSign > 0
      ? [
          {
            id: 'sign',
            title: t(
              `${formatNumber(toSign)} tài liệu chờ bạn ký`,
              `${formatNumber(toSign)} documents wait for your signature`,
            ),
            note: t('Ký bằng điện thoại đã đăng ký.', 'You sign with the phone that you enrolled.'),
            href: '/sign',
            act: t('Xem và ký', 'Read and sign'),
          },
        ]
      : []),
    ...(toSeal > 0
      ? [
          {
            id: 'seal',
            title: t(
              `${formatNumber(toSeal)} văn bản chờ đóng dấu`,
              `${formatNumber(toSeal)} documents wait for the seal`,
            ),
            note: t('Hiệu trưởng đã ký.', 'The principal has signed.'),
            href: '/sign',
            act: t('Đóng dấu', 'Seal'),
          },
        ]
      : []),
  ];
}

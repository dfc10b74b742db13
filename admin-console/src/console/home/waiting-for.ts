import { api, must } from '../../design/api.ts';
import { formatNumber, t } from '../../design/language.ts';
import type { RowMark } from '../../design/ruled.tsx';
import { sentence, youOf } from '../call.ts';
import { clockOf, dueOf, kindName } from '../data-desk/words.ts';
import type { Me } from '../me.ts';
import { askedLine } from '../transfers/words.ts';

/** Something that somebody waits for this person to do. */
export interface Task {
  readonly id: string;
  readonly title: string;
  readonly note: string;
  readonly href: string;
  /** The verb on its button. */
  readonly act: string;
  readonly mark?: RowMark;
}

/** What waits for this person, each from the service that knows it. */
export async function waitingFor(me: Me): Promise<readonly Task[]> {
  const may = (action: string) => me.permissions.includes(action);
  const you = youOf(me);
  const found = await Promise.all([
    secondPersonActs(you),
    ['signing.sign', 'signing.seal', 'signing.request'].some(may) ? documents(you) : [],
    may('roster.import') ? heldImports() : [],
    may('data-requests.handle') ? dataRequests() : [],
    may('people.write') ? transfers() : [],
  ]);
  return found.flat();
}

/** Acts of two people: those that wait for this one, and their own that they have not confirmed. */
async function secondPersonActs(you: string): Promise<Task[]> {
  const [waiting, mine] = await Promise.all(
    (['waiting', 'mine'] as const).map((which) =>
      must(api.GET('/api/v1/approvals', { params: { query: { which, limit: 20 } } })),
    ),
  );
  return [
    ...(waiting?.items ?? [])
      .filter(({ isBarred }) => !isBarred)
      .map((one) => ({
        id: one.id,
        title: one.title,
        note: t(
          `${one.maker.fullName} đề nghị, chờ ${you} duyệt · ${one.organisation.name}`,
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
        note: t(`${sentence(you)} chưa xác nhận đề nghị của mình.`, 'You have not confirmed your own proposal yet.'),
        href: `/admin/approvals/${one.id}`,
        act: t('Xác nhận', 'Confirm'),
      })),
  ];
}

async function documents(you: string): Promise<Task[]> {
  const { toSign, toSeal, returned } = await must(api.GET('/api/v1/signing/inbox/count'));
  return [
    ...(returned > 0
      ? [
          {
            id: 'returned',
            title: t(
              `${formatNumber(returned)} học bạ bị trả lại`,
              returned === 1 ? 'One transcript was returned' : `${formatNumber(returned)} transcripts were returned`,
            ),
            note: t('Đọc lý do, sửa điểm rồi trình lại.', 'Read why, correct the marks and ask again.'),
            href: '/admin/signing?state=rejected',
            act: t('Xem lý do', 'See why'),
            mark: 'warn' as const,
          },
        ]
      : []),
    ...(toSign > 0
      ? [
          {
            id: 'sign',
            title: t(
              `${formatNumber(toSign)} tài liệu chờ ${you} ký`,
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

/** What people asked of their data, by when it is due. */
async function dataRequests(): Promise<Task[]> {
  const { items } = await must(api.GET('/api/v1/data-requests', { params: { query: { which: 'open', limit: 20 } } }));
  return items
    .filter(({ state }) => state !== 'erasing')
    .map((one) => {
      const clock = clockOf(dueOf(one), Date.now());
      return {
        id: one.id,
        title: `${kindName(one.kind)} · ${one.subject.fullName}`,
        note: `${one.organisation.name} · ${clock.text}`,
        href: `/admin/data-desk/${one.id}`,
        act: one.acknowledgedAt ? t('Trả lời', 'Answer') : t('Tiếp nhận', 'Acknowledge'),
        mark: clock.mark,
      };
    });
}

/** Learners on their way, whose other school waits for this one. */
async function transfers(): Promise<Task[]> {
  const { items } = await must(api.GET('/api/v1/transfers', { params: { query: { which: 'open', limit: 20 } } }));
  return items
    .filter(({ may }) => may.includes('answer'))
    .map((one) => ({
      id: one.id,
      title: t(`Chuyển trường · ${one.learner.fullName}`, `Transfer · ${one.learner.fullName}`),
      note: `${askedLine(one)} · ${clockOf(one.expiresAt, Date.now()).text}`,
      href: `/admin/transfers/${one.id}`,
      act: t('Trả lời', 'Answer'),
    }));
}

/** Imports that wait for a second person: the page says whether this one may be it. */
async function heldImports(): Promise<Task[]> {
  const { items } = await must(api.GET('/api/v1/roster/plans', { params: { query: { limit: 20 } } }));
  return items
    .filter(({ status }) => status === 'held')
    .map(({ id, fileName, totals }) => ({
      id,
      title: t(
        `${formatNumber(totals.left + totals.referred)} người cần xem trong «${fileName}»`,
        `${formatNumber(totals.left + totals.referred)} people to look at in “${fileName}”`,
      ),
      note: t('Lần nhập này giữ lại, chờ người thứ hai.', 'This import is held for a second person.'),
      href: `/admin/import?plan=${id}`,
      act: t('Xem lần nhập', 'See the import'),
      mark: 'warn' as const,
    }));
}

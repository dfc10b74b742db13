import { t } from '../../design/language.ts';
import type { Standing } from '../../design/mark.tsx';
import type { paths } from '../../generated/api.d.ts';

export type Transfer =
  paths['/api/v1/transfers']['get']['responses']['200']['content']['application/json']['items'][number];

export function stateName(state: Transfer['state']): string {
  const names: Readonly<Record<Transfer['state'], string>> = {
    waiting: t('Chờ trả lời', 'Waiting'),
    accepted: t('Đã nhận', 'Accepted'),
    declined: t('Không nhận', 'Declined'),
    withdrawn: t('Đã rút', 'Withdrawn'),
    lapsed: t('Hết hạn', 'Lapsed'),
  };
  return names[state];
}

export const standingOf: Readonly<Record<Transfer['state'], Standing>> = {
  waiting: 'now',
  accepted: 'good',
  declined: 'plain',
  withdrawn: 'plain',
  lapsed: 'plain',
};

/** Who asked whom, in one line. */
export const askedLine = ({ askedBy, from, to }: Transfer) =>
  askedBy === 'from'
    ? t(`${from.name} đề nghị ${to.name} nhận`, `${from.name} offers, ${to.name} answers`)
    : t(`${to.name} xin nhận từ ${from.name}`, `${to.name} asks, ${from.name} answers`);

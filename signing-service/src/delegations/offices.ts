/** Heads of schools and centres, and those who stand in for them (Decree 30/2020/NĐ-CP, article 13: KT.). */
const headTitle = /^(?:quyền |q\. )?(?:hiệu trưởng|giám đốc)/i;
const deputyTitle = /^phó (?:hiệu trưởng|giám đốc)/i;

export const isHead = (title: string): boolean => headTitle.test(title);
export const isDeputy = (title: string): boolean => deputyTitle.test(title);

/**
 * As what somebody signs in another's place (Decree 30/2020/NĐ-CP, article 13): `KT` the deputy for the head, `TL` the head of a unit by order,
 * `TUQ` by written authority.
 */
export type DelegationForm = 'KT' | 'TL' | 'TUQ';

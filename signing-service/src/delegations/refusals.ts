import { Conflict, InvalidInput } from '@edutrust/platform/errors';

export function notTheHead(): Conflict {
  return new Conflict('delegations/not-the-head', {
    vi: 'Chỉ người đứng đầu đơn vị giao cho người khác ký thay, ký thừa lệnh hoặc ký thừa uỷ quyền.',
    en: 'Only the head of the organisation lets others sign in their place.',
  });
}

export function notASigner(): Conflict {
  return new Conflict(
    'delegations/not-a-signer',
    {
      vi: 'Người được giao phải là một người khác, đang giữ vai trò «người ký» của đơn vị.',
      en: 'The delegate has to be somebody else who holds the role "signer" of the organisation.',
    },
    {
      remedy: {
        vi: 'Nhờ quản trị của Sở giao vai trò «người ký» trước.',
        en: 'Ask the department to grant the role first.',
      },
    },
  );
}

export function notADeputy(): Conflict {
  return new Conflict('delegations/not-a-deputy', {
    vi: 'Ký thay (KT.) là việc của cấp phó. Người này không phải cấp phó; hãy chọn thừa lệnh (TL.) hoặc thừa uỷ quyền (TUQ.).',
    en: 'Signing for the head (KT.) is for deputies. This person is none: choose TL. or TUQ.',
  });
}

export function overlaps(): Conflict {
  return new Conflict('delegations/overlaps', {
    vi: 'Trong thời gian đó, loại văn bản này đã giao cho một người rồi. Hãy kết thúc việc giao ấy trước.',
    en: 'Documents of this kind are somebody else’s already in that time. End that delegation first.',
  });
}

export function wrongTime(): InvalidInput {
  return new InvalidInput('delegations/wrong-time', {
    vi: 'Ngày kết thúc phải sau ngày bắt đầu, không quá một năm.',
    en: 'The end has to be after the start, at most a year.',
  });
}

export function isPast(): InvalidInput {
  return new InvalidInput('delegations/past', {
    vi: 'Thời gian giao ký đã qua.',
    en: 'That time is over.',
  });
}

export function noPaper(): InvalidInput {
  return new InvalidInput('delegations/no-paper', {
    vi: 'Ký thừa uỷ quyền (TUQ.) cần văn bản uỷ quyền: ghi số và ngày.',
    en: 'TUQ. needs a written authority: give its number and date.',
  });
}

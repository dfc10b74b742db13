import { Conflict, Forbidden, InvalidInput, NotFound, TooManyRequests } from '@edutrust/platform/errors';

export function noSuchLearner(): NotFound {
  return new NotFound(
    'transfers/no-such-learner',
    {
      vi: 'Không có em nào đang học ở trường khác với mã giáo dục và ngày sinh này.',
      en: 'No learner of another school has this education ID and date of birth.',
    },
    {
      remedy: {
        vi: 'Xem lại hai dòng đó trên giấy của gia đình, hoặc nhờ trường cũ gửi đề nghị.',
        en: "Check both on the family's papers, or have the other school offer the transfer.",
      },
    },
  );
}

export function tooManyTries(): TooManyRequests {
  return new TooManyRequests(
    'transfers/too-many-tries',
    {
      vi: 'Đã thử quá nhiều lần không đúng trong một giờ.',
      en: 'Too many tries in an hour named nobody.',
    },
    {
      remedy: {
        vi: 'Chờ một giờ, hoặc nhờ trường cũ gửi đề nghị.',
        en: 'Wait an hour, or have the other school offer the transfer.',
      },
    },
  );
}

export function notHere(): Conflict {
  return new Conflict('transfers/not-there', {
    vi: 'Em này hiện không học ở trường đã ghi trong đề nghị.',
    en: 'The learner is not at the school that the transfer names.',
  });
}

export function notAnotherSchool(): InvalidInput {
  return new InvalidInput('transfers/not-another-school', {
    vi: 'Chọn một trường khác với trường em đang học.',
    en: 'Choose a school other than the one where the learner is.',
  });
}

export function classElsewhere(): InvalidInput {
  return new InvalidInput('people/class-elsewhere', {
    vi: 'Lớp này không thuộc trường đã chọn.',
    en: 'The class does not belong to the chosen school.',
  });
}

export function isOpenAlready(): Conflict {
  return new Conflict(
    'transfers/open',
    {
      vi: 'Đã có một đề nghị chuyển trường của em đang chờ trả lời.',
      en: 'A transfer of this learner waits for its answer already.',
    },
    {
      remedy: {
        vi: 'Mở trang «Chuyển trường» để trả lời hoặc rút đề nghị đó.',
        en: 'Open “Transfers” to answer or withdraw it.',
      },
    },
  );
}

export function notYours(): Forbidden {
  return new Forbidden('transfers/not-yours', {
    vi: 'Người đã gửi đề nghị không tự trả lời được; một người của trường kia trả lời.',
    en: 'Who asked cannot answer; somebody of the other school does.',
  });
}

import { Conflict, InvalidInput, NotFound, TooLarge, Unavailable } from '@edutrust/platform/errors';

const sendAgain = {
  vi: 'Chọn lại tệp và gửi lại từ đầu.',
  en: 'Choose the file again and send it from the beginning.',
};

export const noUpload = () =>
  new NotFound(
    'roster/no-upload',
    {
      vi: 'Không có tệp gửi dở này, hoặc đã quá một ngày.',
      en: 'There is no such upload, or its day is over.',
    },
    { remedy: sendAgain },
  );

export const otherOffset = (offset: number) =>
  new Conflict('roster/upload-offset', {
    vi: `Tệp đã tới ${offset} byte; phần tiếp theo phải bắt đầu từ đó.`,
    en: `${offset} bytes have arrived; the next piece has to begin there.`,
  });

export const longerThanSaid = () =>
  new TooLarge(
    'roster/upload-longer',
    {
      vi: 'Phần gửi lên dài hơn phần còn lại của tệp.',
      en: 'The piece is longer than what is left of the file.',
    },
    { remedy: sendAgain },
  );

export const notWhole = () =>
  new Conflict('roster/upload-not-whole', {
    vi: 'Tệp chưa gửi xong.',
    en: 'The file has not arrived whole yet.',
  });

export const otherDigest = () =>
  new InvalidInput(
    'roster/upload-digest',
    {
      vi: 'Tệp nhận được khác tệp đã chọn (mã SHA-256 không khớp) nên không được giữ lại.',
      en: 'What arrived is not the file that was chosen (its SHA-256 differs), so it was not kept.',
    },
    { remedy: sendAgain },
  );

export const noSpace = () =>
  new Unavailable(
    'request/busy',
    { vi: 'Đang có quá nhiều tệp được gửi lên cùng lúc.', en: 'Too many files are being sent at once.' },
    { retryAfterSeconds: 60, remedy: { vi: 'Thử lại sau ít phút.', en: 'Try again in a few minutes.' } },
  );

import { Conflict, InvalidInput, NotFound } from '@edutrust/platform/errors';

export const noParcel = () =>
  new NotFound('parcels/no-parcel', { vi: 'Không có gói học bạ này.', en: 'There is no such parcel.' });

export const noClass = () =>
  new NotFound('classes/not-found', { vi: 'Không có lớp này.', en: 'There is no such class.' });

export const otherParcel = () =>
  new Conflict('parcels/other-parcel', {
    vi: 'Mã yêu cầu này đã dùng cho một gói khác.',
    en: 'This id belongs to another parcel.',
  });

export const nothingIssued = () =>
  new Conflict(
    'parcels/nothing-issued',
    { vi: 'Lớp chưa có học bạ số nào đã phát hành.', en: 'No school report of the class is issued yet.' },
    { remedy: { vi: 'Ký và đóng dấu học bạ trước.', en: 'Have the reports signed and sealed first.' } },
  );

export const notIssued = (indexes: readonly number[]) =>
  new InvalidInput(
    'parcels/not-issued',
    {
      vi: 'Chỉ gửi được học bạ số của lớp đã phát hành và chưa bị thay thế.',
      en: 'Only reports of the class that are issued and not replaced can go into a parcel.',
    },
    {
      fields: indexes.map((index) => ({
        pointer: `/requestIds/${index}`,
        detail: {
          vi: 'Không phải học bạ đang có hiệu lực của lớp này.',
          en: 'Not a report of this class that is in force.',
        },
      })),
    },
  );

export const notReplaceable = () =>
  new Conflict('parcels/not-replaceable', {
    vi: 'Gói này của lớp khác, hoặc đã có gói khác thay.',
    en: 'That parcel is of another class, or another has taken its place already.',
  });

export const tooLarge = () =>
  new Conflict(
    'parcels/too-large',
    { vi: 'Gói quá lớn.', en: 'The parcel would be too large.' },
    { remedy: { vi: 'Chia học bạ của lớp thành vài gói.', en: 'Divide the class among several parcels.' } },
  );

export const notSealed = () =>
  new Conflict(
    'parcels/not-sealed',
    { vi: 'Gói chưa đóng dấu nên chưa gửi được.', en: 'The parcel is not sealed, so it cannot have been sent.' },
    { remedy: { vi: 'Văn thư đóng dấu số trước.', en: 'The clerk seals it first.' } },
  );

export const sentAlready = () =>
  new Conflict('parcels/sent-already', {
    vi: 'Gói này đã ghi một số biên nhận khác.',
    en: 'Another receipt of this parcel is recorded already.',
  });

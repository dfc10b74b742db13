import type { Text } from '@edutrust/platform/messages';
import type { Agreement } from '../templates/school-report/agreement.ts';

/** Of two files that somebody brought: whether they are the two forms of one school report, and a sentence that says it. */
export type OtherForm = { readonly agrees: boolean; readonly sentence: Text };

/** What is said of a pair; the signatures of each file are another question. */
export function otherFormInWords(agreement: Agreement): OtherForm {
  return { agrees: agreement.agrees, sentence: agreement.agrees ? same : sentences[agreement.fault] };
}

const same: Text = {
  vi: 'Hai tệp là cùng một học bạ: bản PDF và bản XML khớp nhau.',
  en: 'The two files are one school report: the PDF and the XML agree.',
};

const sentences: Readonly<Record<Extract<Agreement, { agrees: false }>['fault'], Text>> = {
  'other-document': {
    vi: 'Hai tệp KHÔNG phải cùng một học bạ: bản XML thuộc về một bản PDF khác.',
    en: 'The two files are NOT one school report: the XML belongs to another PDF.',
  },
  'other-data': {
    vi: 'Hai tệp KHÔNG phải cùng một học bạ: dữ liệu trong bản PDF khác bản XML.',
    en: 'The two files are NOT one school report: the data in the PDF differs from the XML.',
  },
  'not-bound': {
    vi: 'Tệp XML không phải bản XML của một học bạ số.',
    en: 'The XML is not a school report.',
  },
  unreadable: {
    vi: 'Chưa so được hai tệp: có tệp không đọc được.',
    en: 'The two files could not be compared: one of them cannot be read.',
  },
};

/** A mark as it is printed: a number on the scale of ten (`8.5` is printed `8,5`), or a word such as `Đạt`. */
export type Mark = number | string;

/** One subject's row. A mark that does not exist (yet) is `null` and is printed as a dash. */
export interface SubjectMarks {
  readonly name: string;
  readonly term1: Mark | null;
  readonly term2: Mark | null;
  readonly year: Mark | null;
}

/** A judgement by term and year, such as "Kết quả rèn luyện: Tốt" (Circular 22/2021/TT-BGDĐT). */
export interface TermResults {
  readonly term1: string | null;
  readonly term2: string | null;
  readonly year: string | null;
}

/** What a transcript of one school year says. Texts are Vietnamese and are put to NFC. */
export interface TranscriptData {
  /** Above the school, for example `Sở Giáo dục và Đào tạo Thành phố Hồ Chí Minh`. */
  readonly department: string;
  readonly school: { readonly name: string };
  readonly pupil: {
    readonly fullName: string;
    /** `YYYY-MM-DD`. */
    readonly birthDate: string;
    readonly gender?: 'male' | 'female';
    readonly birthPlace?: string;
    /** Ten digits; printed in groups. */
    readonly educationId: string;
  };
  readonly className: string;
  /** For example `2026–2027`. */
  readonly schoolYear: string;
  readonly subjects: readonly SubjectMarks[];
  /** "Kết quả học tập". */
  readonly learning: TermResults;
  /** "Kết quả rèn luyện": conduct. */
  readonly conduct: TermResults;
  readonly absentDays?: number;
  /** For example `Học sinh Giỏi`. */
  readonly award?: string;
  /** For example `Được lên lớp 8`. */
  readonly outcome?: string;
  readonly remarks?: string;
  readonly homeroomTeacher?: string;
  /** Who signs: name and title stand under the place of the signature. */
  readonly signer: { readonly fullName: string; readonly title: string };
  /** Before "ngày … tháng … năm …", for example `Thành phố Hồ Chí Minh`. */
  readonly place: string;
  readonly issuedAt: Date;
  /** Public base URL: the QR leads to `{url}/verify/{code}`. */
  readonly url: string;
  /** Printed as given, for example `7KQ4-M2XA-9TBC`. */
  readonly code: string;
}

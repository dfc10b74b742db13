/** A mark as it is printed: a number on the scale of ten (`8.5` is printed `8,5`), or a word such as `Đạt`. */
export type Mark = number | string;

/** One row of the table. A mark that does not exist (yet) is `null` and is printed as a dash. */
export interface MarksRow {
  readonly name: string;
  /** One for each of the table's columns. */
  readonly marks: readonly (Mark | null)[];
}

/** What was entered of a learner's year, as it is printed. */
export interface TranscriptMarks {
  /** Headers of the columns of marks, such as `Học kỳ I`. */
  readonly columns: readonly string[];
  readonly subjects: readonly MarksRow[];
  /** Judgements of the whole learner, such as "Kết quả rèn luyện" (Circular 22/2021/TT-BGDĐT), below the subjects. */
  readonly results: readonly MarksRow[];
  readonly absentDays?: number;
  /** For example `Học sinh Giỏi`. */
  readonly award?: string;
  /** For example `Được lên lớp`. */
  readonly outcome?: string;
  /** The class teacher's. */
  readonly remarks?: string;
}

/** Somebody who signs: name and title stand at the place of the signature. */
export interface Signatory {
  readonly fullName: string;
  readonly title: string;
}

/** What a transcript of one school year says. Texts are Vietnamese and are put to NFC. */
export interface TranscriptData extends TranscriptMarks {
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
  readonly classTeacher: Signatory;
  /** The head of the school. */
  readonly principal: Signatory;
  /** Before "ngày … tháng … năm …", for example `Thành phố Hồ Chí Minh`. */
  readonly place: string;
  readonly issuedAt: Date;
  /** Public base URL: the QR leads to `{url}/verify/{code}`. */
  readonly url: string;
  /** Printed as given, for example `7KQ4-M2XA-9TBC`. */
  readonly code: string;
}

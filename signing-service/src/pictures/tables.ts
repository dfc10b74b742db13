/** Ink of a person, or of an organisation's seal. */
export interface PictureTable {
  id: string;
  person_id: string | null;
  organisation_id: string | null;
  width: number;
  height: number;
  mask: Buffer;
  width_mm: number | null;
  /** The act of two people that a seal waits for, or was approved by. */
  approval_id: string | null;
  made_by: string;
  made_at: Date;
  approved_at: Date | null;
}

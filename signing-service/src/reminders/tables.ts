/** When a signer was last told that something waits. */
export interface ReminderTable {
  person_id: string;
  pushed_at: Date | null;
  mailed_at: Date | null;
}

/** A browser that is told at once. */
export interface PushSubscriptionTable {
  endpoint: string;
  person_id: string;
  session_id: string;
  public_key: Buffer;
  auth_secret: Buffer;
  created_at: Date;
}

/** JSON without undefined, as PostgreSQL stores it. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/**
 * Pictures that an app may show on its tile, for those who do not read yet; an app without one shows its first letters.
 * The screens draw them; the names are the API's and the database's.
 */
export const appPictures = [
  'book',
  'books',
  'calculator',
  'pencil',
  'palette',
  'music',
  'plant',
  'languages',
  'globe',
  'message',
  'clipboard',
  'people',
  'chart',
  'play',
] as const;

export type AppPicture = (typeof appPictures)[number];

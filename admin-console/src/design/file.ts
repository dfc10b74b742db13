/** Gives the browser a file to save that was made here; a text as a spreadsheet opens it. */
export function saveFile(name: string, content: string | Blob): void {
  const blob = typeof content === 'string' ? new Blob([content], { type: 'text/csv;charset=utf-8' }) : content;
  const address = URL.createObjectURL(blob);
  Object.assign(document.createElement('a'), { href: address, download: name }).click();
  URL.revokeObjectURL(address);
}

/** A form as the API takes uploads, with one file unless a field names one that it has; what is empty is left out. */
export function formOf(fields: Readonly<Record<string, string>>, file?: File): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) if (value !== '') form.set(name, value);
  if (file) form.set('file', file);
  return form;
}

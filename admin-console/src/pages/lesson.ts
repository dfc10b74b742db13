/**
 * At a lab's computer the page ends with the lesson: at the bell, when the teacher ends it, or when the child sits down
 * elsewhere in an exam. Then the camera waits for the next badge. The server has ended the session by then; this is for
 * the eyes of whoever comes next.
 */
export function watchLesson(endsAt: number): void {
  const leave = () => location.assign('/lab');
  setTimeout(ask, Math.min(Math.max(0, endsAt - Date.now()) + 500, 2 ** 31 - 1));

  async function ask(): Promise<void> {
    const answer = await fetch('/api/v1/account/lesson', { headers: { accept: 'application/json' } }).catch(
      () => undefined,
    );
    if (answer?.status === 401) leave();
    else if (answer?.ok && (await answer.json()).lesson === null) location.reload();
  }

  const stream = new EventSource('/api/v1/account/lesson');
  stream.addEventListener('message', ask);
  stream.addEventListener('error', ask); // the server closes it with the session
}

import { makeCrowd } from '@edutrust/registry/testing/crowd';
import { type TestContext, testContext } from '@edutrust/testing/context';
import { startServer } from '@edutrust/testing/server';

export const peopleOfCity = 2_750_000;

/** A city as large as ours: 2.6 million learners and 150,000 staff in 3,500 schools and 70,000 classes. */
export async function wholeCity(
  migrations: Parameters<typeof testContext>[0]['migrations'],
): Promise<AsyncDisposable & { readonly context: TestContext; readonly rootId: string }> {
  const { url: server } = await startServer({ isOfCity: true });
  const context = await testContext({ migrations, server });
  const { rootId } = await makeCrowd(context.db, peopleOfCity, { schools: 3_500, oneTeacherIn: 18 });
  await context.pool.query('VACUUM ANALYZE');
  return { context, rootId, [Symbol.asyncDispose]: () => context[Symbol.asyncDispose]() };
}

import type { ServiceContext } from '@edutrust/platform/context';
import { personActor, signedIn } from '@edutrust/platform/http';
import { type Route, route } from '@edutrust/platform/route';
import { nullable } from '@edutrust/platform/schemas';
import Type from 'typebox';
import { schoolYearAt } from '../calendar.ts';
import { toClassView } from '../classes/view.ts';
import { ClassSummary } from '../schemas.ts';
import { countedUpTo, filledBy, ownClasses } from './home.ts';

const Count = Type.Integer({ minimum: 0, maximum: countedUpTo });

const Home = Type.Object({
  schoolYear: Type.Integer(),
  classes: Type.Array(ClassSummary),
  filled: nullable(
    Type.Object({
      wards: Count,
      schools: Count,
      schoolsWithAdministrator: Count,
      securityOfficers: Count,
      schoolsWithSigner: Count,
      schoolsWithClerk: Count,
      staff: Count,
      classes: Count,
      classesWithTeacher: Count,
      learners: Count,
      learnersWithGuardian: Count,
    }),
  ),
});

const read = ({ db, clock }: ServiceContext) =>
  route({
    method: 'GET',
    url: '/api/v1/home',
    access: signedIn,
    schema: {
      tags: ['people'],
      summary: "The caller's own classes, and how far the organisations are filled that the caller fills",
      response: { 200: Home },
    },
    handle: async (request) => {
      const actor = personActor(request);
      const schoolYear = schoolYearAt(clock.now());
      const [classes, filled] = await Promise.all([ownClasses(db, actor, schoolYear), filledBy(db, actor, schoolYear)]);
      return { schoolYear, classes: classes.map(toClassView(actor)), filled };
    },
  });

/** What the first page of the console is made of, as far as the registry knows it. */
export const homeRoutes = (context: ServiceContext): Route[] => [read(context)];

import AjvCompiler from '@fastify/ajv-compiler';
import SerializerSelector from '@fastify/fast-json-stringify-compiler';

type BuildValidator = AjvCompiler.BuildCompilerFromPool;
type Validator = ReturnType<ReturnType<BuildValidator>>;

export interface Compilers {
  /** Fastify's own compilers, put off: what they make compiles its schema when it is first called. */
  readonly factories: {
    readonly buildValidator: BuildValidator;
    readonly buildSerializer: SerializerSelector.SerializerFactory;
  };
  /**
   * Compiles what is still put off, and returns of how many schemas.
   * @throws Error of the first schema that does not compile.
   */
  compileAll(): number;
}

/**
 * Schemas are compiled when the first request comes to them: those of all routes at once are a third of what a start costs,
 * and most processes are never asked for most of them. That each compiles is what the tests see to.
 */
export function createCompilers(): Compilers {
  const waiting: (() => unknown)[] = [];
  const putOff = <Made extends (...given: never[]) => unknown>(compile: () => Made): (() => Made) => {
    let made: Made | undefined;
    const get = () => {
      made ??= compile();
      return made;
    };
    waiting.push(get);
    return get;
  };
  const buildValidator: BuildValidator = (schemas, options) => {
    const compile = AjvCompiler()(schemas, options);
    return (definition) => {
      const validator = putOff(() => compile(definition));
      const validate = (...given: Parameters<Validator>) => {
        const compiled = validator();
        const isValid = compiled(...given);
        validate.errors = compiled.errors;
        return isValid;
      };
      validate.errors = undefined as Validator['errors'];
      validate.schemaEnv = true; // says to Fastify that ajv wants to know whose part the data is, to change its type
      return validate as unknown as Validator; // that is all that Fastify reads of one
    };
  };
  const buildSerializer: SerializerSelector.SerializerFactory = (schemas, options) => {
    const compile = SerializerSelector()(schemas, options);
    return (definition) => {
      const serializer = putOff(() => compile(definition));
      return (data) => serializer()(data);
    };
  };
  return { factories: { buildValidator, buildSerializer }, compileAll: () => waiting.map((get) => get()).length };
}

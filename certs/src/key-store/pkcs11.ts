/**
 * The few calls of PKCS #11 v2.40 that the token process makes, on a vendor's library through koffi: prebuilt for Linux,
 * Windows and macOS inside npm packages, so that nothing is compiled at install. Structures are laid out as the standard
 * says: natural alignment, on Windows packed to one byte (PKCS #11 Base §2.1).
 */
import process from 'node:process';
import koffi, { type LibraryHandle } from 'koffi';

/** A handle of the library's, `CK_ULONG`. */
export type Handle = number | bigint;
/** An attribute of an object: its type, and its value as the library wants it in memory. */
export type Attribute = readonly [type: number, value: Buffer];

/** PKCS #11 v2.40 (pkcs11t.h): the constants that we use, under their names there. */
export const ck = {
  CKF_RW_SESSION: 2,
  CKF_SERIAL_SESSION: 4,
  CKF_TOKEN_INITIALIZED: 0x400,
  CKU_USER: 1,
  CKO_CERTIFICATE: 1,
  CKO_PUBLIC_KEY: 2,
  CKO_PRIVATE_KEY: 3,
  CKK_RSA: 0,
  CKK_EC: 3,
  CKA_CLASS: 0x000,
  CKA_TOKEN: 0x001,
  CKA_PRIVATE: 0x002,
  CKA_LABEL: 0x003,
  CKA_VALUE: 0x011,
  CKA_KEY_TYPE: 0x100,
  CKA_ID: 0x102,
  CKA_SENSITIVE: 0x103,
  CKA_SIGN: 0x108,
  CKA_VERIFY: 0x10a,
  CKA_MODULUS: 0x120,
  CKA_MODULUS_BITS: 0x121,
  CKA_PUBLIC_EXPONENT: 0x122,
  CKA_PRIVATE_EXPONENT: 0x123,
  CKA_PRIME_1: 0x124,
  CKA_PRIME_2: 0x125,
  CKA_EXPONENT_1: 0x126,
  CKA_EXPONENT_2: 0x127,
  CKA_COEFFICIENT: 0x128,
  CKA_EXTRACTABLE: 0x162,
  CKA_EC_PARAMS: 0x180,
  CKA_EC_POINT: 0x181,
  CKM_RSA_PKCS_KEY_PAIR_GEN: 0x0000,
  CKM_SHA256_RSA_PKCS: 0x0040,
  CKM_EC_KEY_PAIR_GEN: 0x1040,
  CKM_ECDSA: 0x1041,
} as const;

/** Lets the library use the system's locks: several sessions at once crash without it (§5.4, `CKF_OS_LOCKING_OK`). */
const osLocking = 2;
/** Where each function stands in `CK_FUNCTION_LIST` (pkcs11f.h), after its version. */
const places = {
  C_Initialize: 0,
  C_Finalize: 1,
  C_GetSlotList: 4,
  C_GetTokenInfo: 6,
  C_OpenSession: 12,
  C_CloseSession: 13,
  C_GetSessionInfo: 15,
  C_Login: 18,
  C_Logout: 19,
  C_CreateObject: 20,
  C_GetAttributeValue: 24,
  C_FindObjectsInit: 26,
  C_FindObjects: 27,
  C_FindObjectsFinal: 28,
  C_SignInit: 42,
  C_Sign: 43,
  C_GenerateKeyPair: 59,
} as const;
/** Return values (§7) that an operator meets; any other is shown as its number. */
const meanings: Readonly<Record<number, string>> = {
  48: 'CKR_DEVICE_ERROR',
  50: 'CKR_DEVICE_REMOVED',
  96: 'CKR_KEY_HANDLE_INVALID',
  130: 'CKR_OBJECT_HANDLE_INVALID',
  160: 'CKR_PIN_INCORRECT',
  164: 'CKR_PIN_LOCKED',
  162: 'CKR_PIN_LEN_RANGE',
  179: 'CKR_SESSION_HANDLE_INVALID',
  224: 'CKR_TOKEN_NOT_PRESENT',
  225: 'CKR_TOKEN_NOT_RECOGNIZED',
};

const isWindows = process.platform === 'win32';
const record = isWindows ? koffi.pack : koffi.struct;
const attribute = record({ type: 'ulong', value: 'void *', length: 'ulong' });
const mechanism = record({ mechanism: 'ulong', parameter: 'void *', length: 'ulong' });
const initializeArguments = record({
  createMutex: 'void *',
  destroyMutex: 'void *',
  lockMutex: 'void *',
  unlockMutex: 'void *',
  flags: 'ulong',
  reserved: 'void *',
});
const template = koffi.pointer(attribute);
const handle = koffi.out(koffi.pointer('ulong'));

/** The arguments of each function (pkcs11f.h). What it fills in and we read as bytes is a `void *` to a Buffer. */
const signatures = {
  C_Initialize: [koffi.pointer(initializeArguments)],
  C_Finalize: ['void *'],
  C_GetSlotList: ['uint8', 'void *', koffi.inout(koffi.pointer('ulong'))],
  C_GetTokenInfo: ['ulong', 'void *'],
  C_OpenSession: ['ulong', 'ulong', 'void *', 'void *', handle],
  C_CloseSession: ['ulong'],
  C_GetSessionInfo: ['ulong', 'void *'],
  C_Login: ['ulong', 'ulong', 'void *', 'ulong'],
  C_Logout: ['ulong'],
  C_CreateObject: ['ulong', template, 'ulong', handle],
  C_GetAttributeValue: ['ulong', 'ulong', koffi.inout(template), 'ulong'],
  C_FindObjectsInit: ['ulong', template, 'ulong'],
  C_FindObjects: ['ulong', 'void *', 'ulong', handle],
  C_FindObjectsFinal: ['ulong'],
  C_SignInit: ['ulong', koffi.pointer(mechanism), 'ulong'],
  C_Sign: ['ulong', 'void *', 'ulong', 'void *', koffi.inout(koffi.pointer('ulong'))],
  C_GenerateKeyPair: ['ulong', koffi.pointer(mechanism), template, 'ulong', template, 'ulong', handle, handle],
} as const satisfies Readonly<Record<keyof typeof places, Readonly<Parameters<LibraryHandle['func']>[3]>>>;

/** A library that was initialised, for one process. Every method throws what the library answered when it is not CKR_OK. */
export interface Pkcs11 {
  /** Begins anew, as after a token was pulled out: every session and handle of before is over (§5.4). */
  restart(): void;
  /** The slots with a token in them that was initialised, and the token's label. */
  listTokens(): readonly { readonly slot: Handle; readonly label: string }[];
  /** The slot whose token has the label; undefined when there is none. */
  findSlot(label: string): Handle | undefined;
  openSession(slot: Handle): Handle;
  login(session: Handle, pin: string): void;
  /** For every session with this token. */
  logout(session: Handle): void;
  closeSession(session: Handle): void;
  /** Asks for the session's state: whether the token is still there. */
  checkSession(session: Handle): void;
  createObject(session: Handle, attributes: readonly Attribute[]): Handle;
  generateKeyPair(
    session: Handle,
    mechanismType: number,
    publicAttributes: readonly Attribute[],
    privateAttributes: readonly Attribute[],
  ): { readonly publicKey: Handle; readonly privateKey: Handle };
  readAttribute(session: Handle, object: Handle, type: number): Buffer;
  /** At most {@link mostObjects}. */
  findObjects(session: Handle, attributes: readonly Attribute[]): readonly Handle[];
  findObject(session: Handle, attributes: readonly Attribute[]): Handle | undefined;
  /** Signs off the main thread: a slow token holds up its own session only. */
  sign(session: Handle, mechanismType: number, key: Handle, input: Buffer): Promise<Buffer>;
}

/** No value that we read and no signature that we ask for is longer: certificates have one to four kilobytes. */
const maxValueBytes = 16_384;
/** A token has a handful of keys and certificates. */
const mostObjects = 32;
const tokenInfoBytes = 512;
/** `flags` of CK_TOKEN_INFO stands behind label, maker, model and serial number (§3.2). */
const tokenFlagsAt = 32 + 32 + 16 + 16;

type FunctionName = keyof typeof places;
/** A function of the library, found when it is first needed. @throws Error when the library has none. */
type Functions = (name: FunctionName) => ReturnType<LibraryHandle['func']>;
/** Calls one function of the library. @throws Error with what it answered when it is not CKR_OK. */
type Call = (name: FunctionName, ...given: readonly unknown[]) => void;

/** Never let go of: koffi unloads a library that nothing refers to, and its functions are called by their addresses. */
const loaded: LibraryHandle[] = [];

/** Loads and initialises the vendor's library. @throws Error with what the system or the library says. */
export function loadPkcs11(module: string): Pkcs11 {
  const library = koffi.load(module);
  loaded.push(library);
  const functions = functionsOf(library);
  const call: Call = (name, ...given) => mustBeOk(name, functions(name)(...given));
  const initialize = () =>
    call('C_Initialize', {
      createMutex: null,
      destroyMutex: null,
      lockMutex: null,
      unlockMutex: null,
      flags: osLocking,
      reserved: null,
    });
  initialize();
  return {
    restart: () => {
      call('C_Finalize', null);
      initialize();
    },
    ...slotsAndSessions(call),
    ...objects(call),
    generateKeyPair: keyPairGenerator(call),
    sign: signer(functions),
  };
}

/** The library's `CK_FUNCTION_LIST`, as far as we call it (§5.4). A token that only signs may have no place for the rest. */
function functionsOf(library: LibraryHandle): Functions {
  const getFunctionList = library.func('C_GetFunctionList', 'ulong', [koffi.out(koffi.pointer('void *'))]);
  const list: [unknown] = [null];
  mustBeOk('C_GetFunctionList', getFunctionList(list));
  const first = isWindows ? 2 : koffi.sizeof('void *'); // behind CK_VERSION
  const found = new Map<FunctionName, ReturnType<Functions>>();
  return (name) => {
    const known = found.get(name);
    if (known) return known;
    const address = koffi.decode(list[0], first + places[name] * koffi.sizeof('void *'), 'void *');
    if (address === null) throw new Error(`${name}: the library has no such function`);
    const made = koffi.decode(address, koffi.proto('ulong', [...signatures[name]]));
    found.set(name, made);
    return made;
  };
}

/** So many handles in memory: koffi reads them as an array of numbers, or as a typed one. */
const handlesIn = (memory: Buffer, count: Handle | undefined): Handle[] =>
  Number(count) === 0 ? [] : [...(koffi.decode(memory, 'ulong', Number(count)) as Iterable<Handle>)];

/** Slot, token and session management (§5.5, §5.6). */
function slotsAndSessions(
  call: Call,
): Pick<Pkcs11, 'listTokens' | 'findSlot' | 'openSession' | 'closeSession' | 'login' | 'logout' | 'checkSession'> {
  const listTokens: Pkcs11['listTokens'] = () => {
    const count = [0];
    call('C_GetSlotList', 1, null, count);
    const slots = Buffer.alloc(Number(count[0]) * koffi.sizeof('ulong'));
    call('C_GetSlotList', 1, slots, count);
    return handlesIn(slots, count[0]).flatMap((slot) => {
      const info = Buffer.alloc(tokenInfoBytes);
      call('C_GetTokenInfo', slot, info);
      const isInitialised = (Number(koffi.decode(info, tokenFlagsAt, 'ulong')) & ck.CKF_TOKEN_INITIALIZED) !== 0;
      const label = info.subarray(0, 32).toString('utf8').trim(); // padded with blanks (§3.2)
      return isInitialised ? [{ slot, label }] : [];
    });
  };
  return {
    listTokens,
    findSlot: (wanted) => listTokens().find(({ label }) => label === wanted)?.slot,
    openSession: (slot) => {
      const opened: [Handle] = [0];
      call('C_OpenSession', slot, ck.CKF_SERIAL_SESSION | ck.CKF_RW_SESSION, null, null, opened);
      return opened[0];
    },
    closeSession: (session) => call('C_CloseSession', session),
    login: (session, pin) => {
      const bytes = Buffer.from(pin, 'utf8');
      call('C_Login', session, ck.CKU_USER, bytes, bytes.length);
    },
    logout: (session) => call('C_Logout', session),
    checkSession: (session) => call('C_GetSessionInfo', session, Buffer.alloc(tokenInfoBytes)),
  };
}

/** Object management (§5.7). */
function objects(call: Call): Pick<Pkcs11, 'createObject' | 'readAttribute' | 'findObjects' | 'findObject'> {
  const find = (session: Handle, given: readonly Attribute[], most: number): Handle[] => {
    const found = Buffer.alloc(most * koffi.sizeof('ulong'));
    const count: [Handle] = [0];
    call('C_FindObjectsInit', session, given.map(inMemory), given.length);
    try {
      call('C_FindObjects', session, found, most, count);
    } finally {
      call('C_FindObjectsFinal', session);
    }
    return handlesIn(found, count[0]);
  };
  return {
    createObject: (session, given) => {
      const created: [Handle] = [0];
      call('C_CreateObject', session, given.map(inMemory), given.length, created);
      return created[0];
    },
    readAttribute: (session, object, type) => {
      const value = Buffer.alloc(maxValueBytes);
      const asked = [inMemory([type, value])];
      call('C_GetAttributeValue', session, object, asked, 1);
      return value.subarray(0, Number(asked[0]?.length));
    },
    findObjects: (session, given) => find(session, given, mostObjects),
    findObject: (session, given) => find(session, given, 1)[0],
  };
}

/** Key management (§5.14). */
function keyPairGenerator(call: Call): Pkcs11['generateKeyPair'] {
  return (session, mechanismType, publicAttributes, privateAttributes) => {
    const publicKey: [Handle] = [0];
    const privateKey: [Handle] = [0];
    call(
      'C_GenerateKeyPair',
      session,
      mechanismOf(mechanismType),
      publicAttributes.map(inMemory),
      publicAttributes.length,
      privateAttributes.map(inMemory),
      privateAttributes.length,
      publicKey,
      privateKey,
    );
    return { publicKey: publicKey[0], privateKey: privateKey[0] };
  };
}

/** Signing (§5.11). */
function signer(functions: Functions): Pkcs11['sign'] {
  return async (session, mechanismType, key, input) => {
    mustBeOk('C_SignInit', functions('C_SignInit')(session, mechanismOf(mechanismType), key));
    const signature = Buffer.alloc(maxValueBytes);
    const length = [signature.length];
    const answer = await new Promise<number>((resolve, reject) => {
      functions('C_Sign').async(session, input, input.length, signature, length, (error: unknown, result: number) =>
        error ? reject(error) : resolve(result),
      );
    });
    mustBeOk('C_Sign', answer);
    return signature.subarray(0, Number(length[0]));
  };
}

const mechanismOf = (type: number) => ({ mechanism: type, parameter: null, length: 0 });
const inMemory = ([type, value]: Attribute) => ({ type, value, length: value.length });

function mustBeOk(name: string, answer: number): void {
  if (answer !== 0) throw new Error(`${name}: ${meanings[answer] ?? `CKR 0x${answer.toString(16)}`}`);
}

/** A number as an attribute's value: `CK_ULONG`. */
export function ulongValue(value: number): Buffer {
  const bytes = Buffer.alloc(koffi.sizeof('ulong'));
  koffi.encode(bytes, 'ulong', value);
  return bytes;
}

/** `CK_BBOOL` as an attribute's value. */
export const booleanValue = (value: boolean) => Buffer.of(value ? 1 : 0);

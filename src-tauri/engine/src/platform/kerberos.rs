//! Kerberos by the system's library for GSS-API ([RFC 2743](https://www.rfc-editor.org/rfc/rfc2743), and
//! [RFC 2744](https://www.rfc-editor.org/rfc/rfc2744) for C): MIT's, which is loaded when a server asks for it, and need not be there.

#![allow(unsafe_code, reason = "a library of C that is loaded at run time; nothing outside this file calls it")]

use dlopen2::{Error, raw::Library};
use rfb::{ContextStep, KerberosContext, KerberosError, KerberosProblem, SecurityContext};
use std::{
    ffi::{c_int, c_void},
    ptr, slice,
    sync::OnceLock,
};

/// MIT's library, by the name of its interface, which has been the same since 1998.
const LIBRARY: &str = "libgssapi_krb5.so.2";

type Code = u32;
type Name = *mut c_void;
type Handle = *mut c_void;

/// `gss_buffer_desc`.
#[repr(C)]
struct Buffer {
    length: usize,
    value: *mut c_void,
}

/// `gss_OID_desc`.
#[repr(C)]
struct Oid {
    length: u32,
    elements: *const c_void,
}

type ImportName = unsafe extern "C" fn(*mut Code, *const Buffer, *const Oid, *mut Name) -> Code;
type ReleaseName = unsafe extern "C" fn(*mut Code, *mut Name) -> Code;
type ReleaseBuffer = unsafe extern "C" fn(*mut Code, *mut Buffer) -> Code;
type DeleteContext = unsafe extern "C" fn(*mut Code, *mut Handle, *mut Buffer) -> Code;
type InitContext = unsafe extern "C" fn(
    *mut Code,
    *mut c_void,
    *mut Handle,
    Name,
    *const Oid,
    Code,
    Code,
    *mut c_void,
    *const Buffer,
    *mut *const Oid,
    *mut Buffer,
    *mut Code,
    *mut Code,
) -> Code;
type Wrap = unsafe extern "C" fn(*mut Code, Handle, c_int, Code, *const Buffer, *mut c_int, *mut Buffer) -> Code;
type Unwrap = unsafe extern "C" fn(*mut Code, Handle, *const Buffer, *mut Buffer, *mut c_int, *mut Code) -> Code;
type WrapSizeLimit = unsafe extern "C" fn(*mut Code, Handle, c_int, Code, Code, *mut Code) -> Code;
type DisplayStatus = unsafe extern "C" fn(*mut Code, Code, c_int, *const Oid, *mut Code, *mut Buffer) -> Code;

/// The functions that are used of the library.
struct Functions {
    import_name: ImportName,
    release_name: ReleaseName,
    release_buffer: ReleaseBuffer,
    delete_context: DeleteContext,
    init_context: InitContext,
    wrap: Wrap,
    unwrap: Unwrap,
    wrap_size_limit: WrapSizeLimit,
    display_status: DisplayStatus,
    /// Stays loaded as long as the functions: as long as the process.
    _library: Library,
}

/// 1.2.840.113554.1.2.1.4: a name like `vnc@box.example` (RFC 2743, section 4.1).
const HOSTBASED_SERVICE: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 1, 2, 1, 4];
/// 1.2.840.113554.1.2.2: Kerberos 5 (RFC 4121, section 1).
const KERBEROS: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 1, 2, 2];

const MUTUAL: Code = 2;
const REPLAY: Code = 4;
const SEQUENCE: Code = 8;
const CONFIDENTIALITY: Code = 16;
const INTEGRITY: Code = 32;

const CONTINUE_NEEDED: Code = 1;
/// Calling errors and routine errors; what is below only informs.
const ERRORS: Code = 0xffff_0000;
const ROUTINE_ERRORS: Code = 0x00ff_0000;
const BAD_SIGNATURE: Code = 6 << 16;
const NO_CREDENTIALS: Code = 7 << 16;
const DEFECTIVE_TOKEN: Code = 9 << 16;
const CREDENTIALS_EXPIRED: Code = 11 << 16;
/// MIT's codes (`krb5_err.et`): no file of tickets, no tickets, a ticket that has expired.
const NO_TICKETS: [i32; 4] = [-1_765_328_189, -1_765_328_243, -1_765_328_352, -1_765_328_370];
/// MIT's codes: the server is not in Kerberos' list, and it is in no realm that is known.
const UNKNOWN_SERVER: [i32; 2] = [-1_765_328_377, -1_765_328_168];

impl Functions {
    /// Those of the library; none where it is not there.
    fn loaded() -> Option<&'static Self> {
        static LOADED: OnceLock<Option<Functions>> = OnceLock::new();
        LOADED.get_or_init(|| Self::load().inspect_err(|cause| tracing::info!(%cause, "no Kerberos")).ok()).as_ref()
    }

    fn load() -> Result<Self, Error> {
        // SAFETY: loading runs the library's own initialisation, which is safe to run in any process at any time. The types are those
        // of RFC 2744 for these names, which the library has kept since its first version. The functions are plain addresses, valid as
        // long as the library is loaded: it lies beside them, and neither is ever dropped.
        unsafe {
            let library = Library::open(LIBRARY)?;
            Ok(Self {
                import_name: library.symbol("gss_import_name")?,
                release_name: library.symbol("gss_release_name")?,
                release_buffer: library.symbol("gss_release_buffer")?,
                delete_context: library.symbol("gss_delete_sec_context")?,
                init_context: library.symbol("gss_init_sec_context")?,
                wrap: library.symbol("gss_wrap")?,
                unwrap: library.symbol("gss_unwrap")?,
                wrap_size_limit: library.symbol("gss_wrap_size_limit")?,
                display_status: library.symbol("gss_display_status")?,
                _library: library,
            })
        }
    }

    /// Takes what the library has put into a buffer, and gives the buffer back.
    fn take(&self, mut buffer: Buffer) -> Vec<u8> {
        let bytes = match buffer.value.is_null() {
            true => Vec::new(),
            // SAFETY: the library has filled the buffer: so many bytes are there until it is released, below.
            false => unsafe { slice::from_raw_parts(buffer.value.cast::<u8>(), buffer.length) }.to_vec(),
        };
        let mut minor = 0;
        // SAFETY: the library has made the buffer, or it is empty, which is allowed; it is not used any more.
        unsafe { (self.release_buffer)(&mut minor, &mut buffer) };
        bytes
    }

    /// What a failure comes to, with the library's words for its second code.
    fn failure(&self, major: Code, minor: Code) -> KerberosError {
        let code = minor.cast_signed();
        let problem = match major & ROUTINE_ERRORS {
            NO_CREDENTIALS | CREDENTIALS_EXPIRED => KerberosProblem::NoTicket,
            _ if NO_TICKETS.contains(&code) => KerberosProblem::NoTicket,
            _ if UNKNOWN_SERVER.contains(&code) => KerberosProblem::UnknownServer,
            BAD_SIGNATURE | DEFECTIVE_TOKEN => KerberosProblem::Unproven,
            _ => KerberosProblem::Other,
        };
        let (mut status, mut context, mut buffer) = (0, 0, Buffer::empty());
        let mechanism = Oid::of(KERBEROS);
        // SAFETY: all pointers are to values that live until the call is over; the buffer is taken right after.
        unsafe { (self.display_status)(&mut status, minor, 2, &mechanism, &mut context, &mut buffer) };
        KerberosError { problem, detail: rfb::sanitize(&self.take(buffer)) }
    }
}

impl Buffer {
    fn empty() -> Self {
        Self { length: 0, value: ptr::null_mut() }
    }

    /// To be read by the library, as long as `bytes` live.
    fn of(bytes: &[u8]) -> Self {
        Self { length: bytes.len(), value: bytes.as_ptr().cast_mut().cast() }
    }
}

impl Oid {
    fn of(elements: &'static [u8]) -> Self {
        // Not truncated: both have some ten bytes.
        Self { length: elements.len() as u32, elements: elements.as_ptr().cast() }
    }
}

/// A context with one server.
struct Context {
    functions: &'static Functions,
    server: Name,
    /// Null before the first step.
    handle: Handle,
}

// SAFETY: name and context belong to this value alone, and are used by one call at a time, as each needs `&mut self` or is the only one
// with `&self`. The library lets any thread use them (MIT Kerberos, "Thread safety": only concurrent use of one context is not allowed).
unsafe impl Send for Context {}

/// A context with `service`, such as `vnc@box.example`. Asks nobody yet; blocks while the library is loaded.
pub(crate) fn kerberos(service: &str) -> Result<KerberosContext, KerberosError> {
    let Some(functions) = Functions::loaded() else {
        return Err(KerberosError { problem: KerberosProblem::NoLibrary, detail: String::new() });
    };
    let (mut minor, mut server, text, kind) =
        (0, ptr::null_mut(), Buffer::of(service.as_bytes()), Oid::of(HOSTBASED_SERVICE));
    // SAFETY: all pointers are to values that live until the call is over. What it makes is released with the context.
    let major = unsafe { (functions.import_name)(&mut minor, &text, &kind, &mut server) };
    if major & ERRORS != 0 {
        return Err(functions.failure(major, minor));
    }
    Ok(KerberosContext::new(Context { functions, server, handle: ptr::null_mut() }))
}

impl SecurityContext for Context {
    fn step(&mut self, token: Option<&[u8]>) -> Result<ContextStep, KerberosError> {
        let input = token.map_or_else(Buffer::empty, Buffer::of);
        let (mut minor, mut output, mut flags) = (0, Buffer::empty(), 0);
        let mechanism = Oid::of(KERBEROS);
        // SAFETY: all pointers are to values that live until the call is over, or null where that is allowed: the credentials are the
        // user's usual ones, there are no channel bindings, and mechanism and lifetime are not asked for. The handle is null or a context
        // that this function has made; it stays this value's, whatever comes of the call. The output is taken right after.
        let major = unsafe {
            (self.functions.init_context)(
                &mut minor,
                ptr::null_mut(),
                &mut self.handle,
                self.server,
                &mechanism,
                MUTUAL | REPLAY | SEQUENCE | CONFIDENTIALITY | INTEGRITY,
                0,
                ptr::null_mut(),
                &input,
                ptr::null_mut(),
                &mut output,
                &mut flags,
                ptr::null_mut(),
            )
        };
        let token = self.functions.take(output);
        if major & ERRORS != 0 {
            return Err(self.functions.failure(major, minor));
        }
        let established = major & CONTINUE_NEEDED == 0;
        if established && flags & MUTUAL == 0 {
            return Err(KerberosError { problem: KerberosProblem::Unproven, detail: String::new() });
        }
        Ok(ContextStep { token, established })
    }

    fn wrap(&mut self, message: &[u8], encrypt: bool) -> Result<Vec<u8>, KerberosError> {
        let (mut minor, mut encrypted, input, mut output) = (0, 0, Buffer::of(message), Buffer::empty());
        // SAFETY: the context is established or null, which the library refuses; all pointers are to values that live until the call is
        // over. The output is taken right after.
        let major = unsafe {
            let wrap = self.functions.wrap;
            wrap(&mut minor, self.handle, encrypt.into(), 0, &input, &mut encrypted, &mut output)
        };
        let wrapped = self.functions.take(output);
        match major & ERRORS {
            0 if encrypt && encrypted == 0 => {
                Err(KerberosError { problem: KerberosProblem::Other, detail: "it does not encrypt".to_owned() })
            }
            0 => Ok(wrapped),
            _ => Err(self.functions.failure(major, minor)),
        }
    }

    fn unwrap(&mut self, message: &[u8]) -> Result<(Vec<u8>, bool), KerberosError> {
        let (mut minor, mut encrypted, mut quality) = (0, 0, 0);
        let (input, mut output) = (Buffer::of(message), Buffer::empty());
        // SAFETY: as in `wrap`.
        let major = unsafe {
            let unwrap = self.functions.unwrap;
            unwrap(&mut minor, self.handle, &input, &mut output, &mut encrypted, &mut quality)
        };
        let message = self.functions.take(output);
        // Also what comes twice, or in another order than it was sent, is none of the server's: those only inform.
        match major {
            0 => Ok((message, encrypted != 0)),
            _ => Err(self.functions.failure(major, minor)),
        }
    }

    fn message_limit(&self, longest: usize) -> usize {
        let longest = u32::try_from(longest).unwrap_or(u32::MAX);
        let (mut minor, mut limit) = (0, 0);
        // SAFETY: as in `wrap`; nothing is put out but a number.
        let major = unsafe { (self.functions.wrap_size_limit)(&mut minor, self.handle, 1, 0, longest, &mut limit) };
        if major & ERRORS == 0 { limit as usize } else { 0 }
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        let mut minor = 0;
        // SAFETY: both are this value's, or null, which is allowed, and are not used after this.
        unsafe {
            (self.functions.delete_context)(&mut minor, &mut self.handle, ptr::null_mut());
            (self.functions.release_name)(&mut minor, &mut self.server);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_ticket_kinit_is_named() {
        let Ok(mut context) = kerberos("vnc@box.invalid") else { return };
        // Whatever the configuration of this computer is, nobody has a ticket for that server.
        let error = context.step(None).unwrap_err();
        assert_ne!(error.problem, KerberosProblem::NoLibrary);
        if error.problem == KerberosProblem::NoTicket {
            assert!(error.to_string().contains("kinit"), "{error}");
        }
        assert!(context.wrap(b"x", true).is_err() && context.unwrap(b"x").is_err());
        assert_eq!(context.message_limit(4096), 0);
    }
}

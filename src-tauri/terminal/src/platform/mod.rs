//! What differs between operating systems, behind one set of functions. Each system's module has all of them:
//!
//! | function | does |
//! | --- | --- |
//! | `attach_console` | connects a program that is no console program to the terminal that it was started from |
//! | `unbuffered_stdin` | standard input without Rust's buffer, in which a copy of a password would stay |
//! | `ask_hidden` | what a person types on the terminal, not shown |
//! | `ask`, `tell` | the same, shown; what is said to them |
//! | `nobody_reads` | whether what is said on standard error goes unread |
//! | `missing_libraries` | what a program needs that this system has not |
//! | `show_without_windows` | shows a sentence by another program, where ours cannot |
//! | `replace` | goes on as another program |

#[cfg(unix)]
mod unix;
#[cfg(unix)]
pub use unix::*;

#[cfg(windows)]
mod windows;
#[cfg(windows)]
pub use self::windows::*;

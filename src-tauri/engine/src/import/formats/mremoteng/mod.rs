//! mRemoteNG's connections: a tree in which a node may take values from the folders above it (mRemoteNG's
//! `mRemoteNG/Connection/AbstractConnectionRecord.cs`).
//!
//! ```text
//! xml     confCons.xml        csv     what its export writes
//! crypt   its passwords       table   both of them become this
//! ```

mod crypt;
pub(in super::super) mod csv;
mod table;
pub(in super::super) mod xml;

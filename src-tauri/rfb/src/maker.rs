//! The makers of VNC servers with logins of their own.

/// Whose VNC server it is: each has its own place to turn another login on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Maker {
    /// macOS, with Screen Sharing or Remote Management.
    Apple,
    /// RealVNC Server.
    RealVnc,
    /// UltraVNC Server.
    UltraVnc,
}

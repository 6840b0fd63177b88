//! How the web view draws, and why.

use std::fmt;

/// What was chosen, and why.
#[derive(Debug, PartialEq, Eq)]
pub struct Renderer {
    /// Which renderer.
    pub kind: Kind,
    /// The reason, for the report of a problem.
    pub why: String,
}

/// Which renderer the web view uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "WKWebView and WebView2 choose themselves"))]
pub enum Kind {
    /// Drawn by the CPU into shared memory.
    Plain,
    /// Drawn by the GPU.
    Accelerated,
    /// The user, or the system's web view, has chosen.
    LeftAlone,
}

impl fmt::Display for Renderer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            Kind::Plain => "plain",
            Kind::Accelerated => "accelerated",
            Kind::LeftAlone => "left alone",
        };
        write!(f, "{kind} ({})", self.why)
    }
}

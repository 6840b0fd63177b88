//! What Portlight does in a terminal, without a window.

mod doctor;
mod render;

pub use doctor::examine;

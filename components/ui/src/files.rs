//! The files of the screen, as the build left them: packed, with a name that changes when they do.

/// The page that every address of the screen begins with.
pub(crate) const ENTRY: &str = "/index.html";

pub(crate) struct File {
    /// From the root: `/assets/index-4f2a.js`.
    pub(crate) path: &'static str,
    /// With gzip.
    pub(crate) packed: &'static [u8],
}

include!(concat!(env!("OUT_DIR"), "/files.rs"));

pub(crate) fn all() -> &'static [File] {
    FILES
}

/// What a browser must be told; anything else is bytes.
pub(crate) fn media_type(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("json" | "map" | "webmanifest") => "application/json",
        Some("png") => "image/png",
        Some("woff2") => "font/woff2",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

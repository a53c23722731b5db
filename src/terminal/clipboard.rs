//! Copying through the terminal (OSC 52): works over SSH, and can't be confirmed.

use crossterm::clipboard::CopyToClipboard;

/// What tells the terminal to take a text, inside tmux wrapped so that it passes through.
pub(super) fn sequence(text: &str, tmux: bool) -> Vec<u8> {
    let mut bytes = Vec::new();
    if crossterm::queue!(bytes, CopyToClipboard::to_clipboard_from(text)).is_err() {
        return Vec::new();
    }
    if !tmux {
        return bytes;
    }
    let mut wrapped = b"\x1bPtmux;".to_vec();
    for byte in bytes {
        if byte == 0x1b {
            wrapped.push(0x1b);
        }
        wrapped.push(byte);
    }
    wrapped.extend_from_slice(b"\x1b\\");
    wrapped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_can_not_end_the_sequence() {
        let bytes = sequence("a\x07b\x1b]0;x", false);
        assert_eq!(bytes.iter().filter(|b| **b == 0x1b).count(), 2, "its own begin and end");
        assert!(bytes.starts_with(b"\x1b]52;"));
        assert!(sequence("a", true).starts_with(b"\x1bPtmux;\x1b\x1b]52;"));
    }
}

//! How much room there is: what both the cursor and the drawing must agree on.

/// Below this a screen is one line.
pub const LEAST: (u16, u16) = (20, 5);

/// From this width a preview stands beside the list.
pub const PREVIEW_FROM: u16 = 150;

/// Identity, filter line and column heads above the list.
pub const LIST_TOP: u16 = 3;

/// The status line and the hints below everything.
pub const BOTTOM: u16 = 2;

/// Rows of the portfolio.
pub fn list_rows(height: u16) -> u64 {
    u64::from(height.saturating_sub(LIST_TOP + BOTTOM).max(1))
}

/// Lines between the head of a page (round, account, sync, actions) and the bottom.
pub fn body_rows(height: u16, head: u16) -> usize {
    usize::from(height.saturating_sub(head + BOTTOM).max(1))
}

/// The head of an account: identity, figures, tabs, a blank.
pub const ACCOUNT_TOP: u16 = 4;

/// The head of a list page: identity and a blank.
pub const PAGE_TOP: u16 = 2;

/// The width that the note box gives its text.
pub fn note_width(width: u16) -> usize {
    usize::from(width.min(100).saturating_sub(6).max(2))
}

/// Lines of text that the note box shows at most.
pub fn note_rows(height: u16) -> usize {
    usize::from((height / 3).clamp(1, 12))
}
